"""Customers and the facts about them."""
