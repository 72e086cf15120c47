"""Worklists, and the verbs of ownership: claim, assign, forward, return."""
