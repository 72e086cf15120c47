"""Synonyms: the shipped list and what the city decided about it."""
