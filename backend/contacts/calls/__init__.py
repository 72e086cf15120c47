"""Calling back: planned within the windows of the customer, each attempt with its outcome, what follows on it."""
