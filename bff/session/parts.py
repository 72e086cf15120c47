"""What a channel with logins hands to `create_channel`: routes, guards, state and life of its sessions."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from litestar import Litestar
from litestar.openapi.spec import SecurityScheme
from litestar.types import Guard

from bff import settings as configuration
from bff.core.application import ChannelParts, Lifespan
from bff.session.controllers import AdministratorController, SessionController
from bff.session.guards import anybody, same_site, signed_in
from bff.session.login import Login
from bff.session.provider import ProviderClient
from bff.session.refreshing import Refresher
from bff.session.sessions import Sessions
from bff.session.store import store_of
from bff.settings import CHANNELS, Channel

SESSION_SCHEME: dict[Channel, SecurityScheme] = {
    name: SecurityScheme(
        type="apiKey",
        name=f"__Host-onthaal-{name}",
        security_scheme_in="cookie",
        description="The session cookie, given by the login; a change also needs the header `X-CSRF: 1`.",
    )
    for name in CHANNELS
}
"""Channel -> how its requests show who they are from; for `About.schemes`."""


class SessionParts(msgspec.Struct, frozen=True, kw_only=True):
    """Arguments of `create_channel`.

    Attributes:
        handlers: login, session, logout; for agents also the list of sessions.
        guards: of the whole channel: agents are logged in, on other channels anybody comes.
        state: `sessions`, `login` and `refresher` (None without a provider).
        lifespan: closes connections.
    """

    handlers: tuple[Any, ...]
    guards: tuple[Guard, ...]
    state: dict[str, Any]
    lifespan: tuple[Lifespan, ...]


def session_parts(made: ChannelParts) -> SessionParts:
    """The session layer of a channel.

    Raises:
        SettingsInvalid: the store or the provider of the channel cannot be used.
    """
    sessions = Sessions(made.name, store_of(made.settings.sessions_url, made.name))
    chosen = configuration.providers(made.settings).get(made.name)
    provider = ProviderClient(chosen, f"{made.settings.public_url}/{made.name}") if chosen else None
    login = Login(sessions, provider, made.core) if provider else None

    @asynccontextmanager
    async def running(_app: Litestar) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await sessions.close()
            if provider:
                await provider.close()

    staff = made.name == "agent"
    return SessionParts(
        handlers=(SessionController, AdministratorController) if staff else (SessionController,),
        guards=(same_site, signed_in if staff else anybody),
        state={"sessions": sessions, "login": login, "refresher": Refresher(sessions, login) if login else None},
        lifespan=(running,),
    )
