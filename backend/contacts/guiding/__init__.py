"""Guided questions that a colleague puts to a customer: what a question keeps of them."""
