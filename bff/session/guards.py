"""Guards of the channels: who asks (`signed_in`, `anybody`), and that a change comes from our own pages (`same_site`).

Routes with `opt={"open": True}` (description, login) are nobody's and pass.
"""

from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.kit.problems import ProblemError, forbidden
from bff.core.application import ChannelParts
from bff.core.client import Caller
from bff.session.login import itself
from bff.session.model import VISITOR, Session
from bff.session.refreshing import Refresher
from bff.session.sessions import Sessions

Connection = ASGIConnection[Any, Any, Any, Any]

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
LANGUAGES = ("nl", "fr", "de", "en")
CSRF_HEADER = "x-csrf"


async def signed_in(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard: somebody is logged in; `user` is the `Session`, `caller` in the state is who the core hears.

    Raises:
        ProblemError: 401 without a session, 503 while sessions cannot be read.
    """
    if _open(handler):
        return
    session = await session_of(connection)
    if session is None:
        raise ProblemError(401, "Log in.", standard="noAccessToken", headers={"WWW-Authenticate": "Session"})
    _set(connection, session)


async def anybody(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard: with the session if there is one (`user` is the `Session` or None), else as a visitor.

    A request of a page of another site counts as a visitor's, whatever cookies the browser would send.

    Raises:
        ProblemError: 503 while sessions cannot be read.
    """
    if _open(handler):
        return
    session = await session_of(connection) if _is_ours(connection, elsewhere=()) else None
    _set(connection, session)


async def same_site(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard: a change comes from a page of ours, or of a site that may show the widget (design 5, CSRF).

    Raises:
        ProblemError: 403 without header `X-CSRF: 1`, or from another site.
    """
    if connection.scope["method"] in SAFE or _open(handler):  # type: ignore[typeddict-item] # of HTTP
        return
    if connection.headers.get(CSRF_HEADER) != "1":
        raise forbidden("Send the header X-CSRF: 1.")
    parts: ChannelParts = connection.app.state.parts
    elsewhere = parts.settings.origins if parts.name == "widget" else ()
    if not _is_ours(connection, elsewhere):
        raise forbidden("Not from this site.")


async def session_of(connection: Connection) -> Session | None:
    """The session of the cookie, asked again at the identity provider when that is due; None: there is none."""
    sessions: Sessions = connection.app.state.sessions
    token = token_of(connection)
    session = await sessions.find(token) if token else None
    refresher: Refresher | None = connection.app.state.refresher
    if session is None or refresher is None:
        return session
    return await refresher.current(token, session, itself(caller_of(connection, VISITOR)))


def token_of(connection: Connection) -> str:
    """What the session cookie holds; empty without one."""
    sessions: Sessions = connection.app.state.sessions
    return connection.cookies.get(sessions.cookie, "")


def caller_of(connection: Connection, subject: str) -> Caller:
    """For whom the core is called in this request."""
    parts: ChannelParts = connection.app.state.parts
    return Caller(
        subject=subject,
        trace=connection.scope["state"]["trace"],
        language=_language(connection.headers.get("accept-language", "")),
        network=parts.networks.of(connection.scope),
    )


def _set(connection: Connection, session: Session | None) -> None:
    connection.scope["user"] = session
    connection.scope["state"]["caller"] = caller_of(connection, session.subject if session else VISITOR)


def _open(handler: BaseRouteHandler) -> bool:
    return bool(handler.opt.get("open")) or getattr(handler, "http_methods", None) == {"OPTIONS"}


def _is_ours(connection: Connection, elsewhere: tuple[str, ...]) -> bool:
    """Whether the browser says that a page of ours, or of one of these sites, sent it; other clients say nothing."""
    parts: ChannelParts = connection.app.state.parts
    address = urlsplit(parts.settings.public_url)
    origin, site = connection.headers.get("origin"), connection.headers.get("sec-fetch-site", "")
    if origin in elsewhere:
        return True
    if origin is not None and origin != f"{address.scheme}://{address.netloc}":
        return False
    return site in {"", "none", "same-origin"}


def _language(accepted: str) -> str:
    """The first language of the header that letters and pages exist in; Dutch otherwise."""
    asked = (part.split(";")[0].strip().lower()[:2] for part in accepted.split(","))
    return next((one for one in asked if one in LANGUAGES), LANGUAGES[0])
