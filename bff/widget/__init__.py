"""Channel widget: the city's website, for citizens with and without a login."""

from bff.widget.app import create_app

__all__ = ["create_app"]
