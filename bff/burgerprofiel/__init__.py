"""Channel burgerprofiel."""

from bff.burgerprofiel.app import create_app

__all__ = ["create_app"]
