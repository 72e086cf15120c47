"""Screens of colleagues, each in one call."""
