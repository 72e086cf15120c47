"""Mijn Burgerprofiel: statuses to DOSIS, notices to the notification component (design 7, section 1)."""
