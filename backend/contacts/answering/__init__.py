"""Writing to the customer: the answer with its files, and a look at the mail before it leaves."""
