"""Guard of the source API: a token of the identity provider of the Flemish government, introspected."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.kit.problems import unavailable
from bff.burgerprofiel.introspection import Introspection

Connection = ASGIConnection[Any, Any, Any, Any]


async def trusted(connection: Connection, handler: BaseRouteHandler) -> None:
    """Let Mijn Burgerprofiel in.

    Raises:
        ProblemError: 401, 403; 503 when nobody can tell, or this source is not set up.
    """
    if handler.opt.get("open") or getattr(handler, "http_methods", None) == {"OPTIONS"}:
        return
    introspection: Introspection | None = connection.app.state.introspection
    if introspection is None:
        raise unavailable("This source is not set up.")
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    await introspection.check(token.strip() if scheme.lower() == "bearer" else "")
