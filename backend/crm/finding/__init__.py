"""Finding customers: one box that understands what was typed, or one key that says what it is."""
