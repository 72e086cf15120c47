"""Texts to answer with: kept per department or for all, filled in for a question."""
