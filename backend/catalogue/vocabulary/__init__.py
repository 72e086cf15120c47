"""The words that mean the same, as every search uses them now."""
