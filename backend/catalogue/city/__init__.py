"""The city's own fields as seed data."""
