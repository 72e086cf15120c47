"""Reminding whoever has an open question, many at once: an event in its timeline and a notice, once a day at most."""
