"""Proving that an e-mail address reaches the customer: a code goes there, and comes back by another way."""
