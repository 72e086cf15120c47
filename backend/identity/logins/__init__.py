"""Logins of staff: what the identity provider says of somebody becomes a user with memberships and roles."""
