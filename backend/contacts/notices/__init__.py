"""Telling colleagues that a question needs them: a list for each person, and a short mail."""
