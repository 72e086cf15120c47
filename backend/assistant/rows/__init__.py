"""Conditions as rows: staff choose a question, an operator and a value, and never type a condition.

Owns both ways, rows to condition and condition to rows, and the rows as a sentence. Emits no events.
"""
