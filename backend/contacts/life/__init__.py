"""The verbs of a question's life: each locks the row, checks the version, applies the rules, writes one event."""
