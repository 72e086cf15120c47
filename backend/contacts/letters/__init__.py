"""Letters to customers: the one place where a message becomes the mail that leaves, or that is looked at before."""
