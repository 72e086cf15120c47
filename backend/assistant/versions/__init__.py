"""Versions of flows: drafted, checked, reviewed by a second person, published for good, retired."""
