"""Health as the belgif guide has it: UP, DEGRADED (still answering, a part is away), DOWN."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Literal

import msgspec
from litestar import Controller, Request, Response

from backend.kit.operation import get
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
    down = {name: part for (name, part), up in zip(parts.items(), answers, strict=True) if not up}
    vital = any(part.vital for part in down.values())
    return HealthView(
        status="DOWN" if vital else "DEGRADED" if down else "UP",
        parts={name: "DOWN" if name in down else "UP" for name in parts},
        reasons={name: text for name, part in down.items() if part.reason and (text := part.reason())},
    )


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
