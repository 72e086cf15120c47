"""Composition of channel burgerprofiel."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar
from litestar.openapi.spec import SecurityScheme

from bff.burgerprofiel.controllers import FormController, SourceController
from bff.burgerprofiel.forms import FormCatalogue
from bff.burgerprofiel.guards import trusted
from bff.burgerprofiel.introspection import Introspection
from bff.core.application import About, ChannelParts, create_channel
from bff.settings import source

ABOUT = About(
    title="Onthaal for Mijn Burgerprofiel",
    description=(
        "The city as a source of Mijn Burgerprofiel: questions of a citizen with their statuses, messages, who looked "
        "at the data, and the contact forms. Pages are counted from 0 in an address and from 1 in an answer."
    ),
    tags={"source": "Lists about one citizen.", "forms": "Forms that citizens can open."},
    schemes={
        "acm": SecurityScheme(
            type="http", scheme="bearer", description="An access token of ACM, which is introspected."
        )
    },
)


def create_app(made: ChannelParts) -> Litestar:
    """The application of this channel."""
    configured = source(made.settings)
    introspection = Introspection(configured) if configured else None

    @asynccontextmanager
    async def lifespan(_app: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            if introspection:
                await introspection.close()

    return create_channel(
        made,
        ABOUT,
        [SourceController, FormController],
        guards=[trusted],
        state={"introspection": introspection, "forms": FormCatalogue()},
        lifespan=[lifespan],
    )
