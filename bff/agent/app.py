"""Composition of channel agent."""

from litestar import Litestar

from bff.core.application import About, ChannelParts, create_channel

ABOUT = About(title="Onthaal agent", description="To be.", tags={}, schemes={})


def create_app(made: ChannelParts) -> Litestar:
    """The application of this channel."""
    return create_channel(made, ABOUT, [])
