"""Health as the belgif guide has it: UP, DEGRADED (still answering, a part is away), DOWN."""

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
from litestar import Controller, Request, Response
from litestar import get as plain_get

from backend.kit.metrics import exposition
from backend.kit.operation import get
from backend.kit.problems import ProblemError
from backend.kit.schema import View

State = Literal["UP", "DEGRADED", "DOWN"]


class Part(msgspec.Struct, frozen=True):
    """Something the platform leans on.

    Attributes:
        check: whether it answers; must not take longer than two seconds.
        vital: without it nothing can be accepted.
        reason: says why it does not answer; shown to everybody, so it holds no addresses and no data.
    """

    check: Callable[[], Awaitable[bool]]
    vital: bool
    reason: Callable[[], str] | None = None


class HealthView(View):
    """State of the whole and of its parts; why a part is down, where it says so."""

    status: State
    parts: dict[str, State] = {}
    reasons: dict[str, str] = {}


async def state_of(parts: dict[str, Part]) -> HealthView:
    """Ask every part at the same time."""
    answers = await asyncio.gather(*(part.check() for part in parts.values()))
    states: dict[str, State] = {name: "UP" if up else "DOWN" for name, up in zip(parts, answers, strict=True)}
    down = {name: part for (name, part), up in zip(parts.items(), answers, strict=True) if not up}
    reasons = {name: text for name, part in down.items() if part.reason and (text := part.reason())}
    if any(part.vital for part in down.values()):
        return HealthView(status="DOWN", parts=states, reasons=reasons)
    return HealthView(status="DEGRADED" if down else "UP", parts=states, reasons=reasons)


class HealthController(Controller):
    """Is it alive, can it take work."""

    path = "/health"
    tags = ["health"]

    @get("/live", public=True)
    async def get_liveness(self) -> HealthView:
        """The process answers."""
        return HealthView(status="UP")

    @get("/ready", public=True)
    async def get_readiness(self, request: Request[Any, Any, Any]) -> Response[HealthView]:
        """Whether work can be taken: 503 when PostgreSQL is away; DEGRADED when it goes on without another part."""
        view = await state_of(request.app.state.parts)
        return Response(view, status_code=503 if view.status == "DOWN" else 200)


@plain_get("/metrics", include_in_schema=False, opt={"open": True})
async def get_metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Prometheus figures: with the metrics token, or without one from this machine only."""
    token: str = request.app.state.metrics_token
    if token:
        sent = request.headers.get("authorization", "")
        if not hmac.compare_digest(sent.encode(), f"Bearer {token}".encode()):
            raise ProblemError(401, "Send the metrics token.", headers={"WWW-Authenticate": "Bearer"})
    elif request.client is not None and request.client.host not in {"127.0.0.1", "::1", ""}:
        raise ProblemError(403, "Set ONTHAAL_METRICS_TOKEN to read figures from another machine.")
    body, kind = exposition()
    return Response(body, media_type=kind)
