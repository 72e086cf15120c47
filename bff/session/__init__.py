"""Sessions and login."""
