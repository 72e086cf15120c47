"""Numbered sets of ordered routing rules: draft, active, retired; nothing of one that was ever active changes."""
