"""Service levels: a department's hours and terms."""
