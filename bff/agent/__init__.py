"""Channel agent."""

from bff.agent.app import create_app

__all__ = ["create_app"]
