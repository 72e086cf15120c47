"""Who acts for whom: a person for an organisation or for another person; begun, ended, never deleted."""
