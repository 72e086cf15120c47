"""Contacts in progress: kept as they are typed, so that nothing is lost when a browser or a server dies."""
