"""The search index of one process."""
