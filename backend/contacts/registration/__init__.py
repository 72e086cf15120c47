"""Registering a contact with everything that belongs to it, in one transaction."""
