"""How often one network may search and read the catalogue; counted in this process, without a server of its own."""

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.kit.window import Window, too_often
from bff.core.client import Caller

SECONDS = 60
MOST = {
    "searchProducts": 120,
    "getProduct": 120,
    "getContactForm": 120,
    "fillContactLink": 60,
    "giveSatisfaction": 30,
    "listFlows": 120,
    "getFlow": 120,
    "getFlowStep": 240,
    "takeFlowStep": 240,
    "summariseFlow": 60,
}
"""Operation -> how often within `SECONDS`; the core itself limits forms, proofs and secrets."""


async def limited(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: 429 with Retry-After for a network that asks too often."""
    name = getattr(handler, "operation_id", None)
    caller: Caller | None = connection.scope["state"].get("caller")
    if name not in MOST or caller is None:
        return
    window: Window = connection.app.state.window
    wait = window.wait((name, caller.network), most=MOST[name], seconds=SECONDS)
    if wait:
        raise too_often(wait, seconds=SECONDS)
