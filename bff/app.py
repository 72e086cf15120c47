"""Composition of the channels: which applications a process serves, and what they reach the core with."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from litestar import Litestar
from litestar.types import Receive, Scope, Send

from backend.kit import logs
from backend.kit.boundary import Boundary
from backend.kit.configuration import SettingsInvalid
from backend.kit.metrics import observe
from bff import agent, burgerprofiel, widget
from bff import settings as configuration
from bff.core.application import ChannelParts, parts
from bff.core.transport import HttpTransport, Transport
from bff.settings import Channel, Settings

CREATE: Mapping[Channel, Callable[[ChannelParts], Litestar]] = {
    "agent": agent.create_app,
    "widget": widget.create_app,
    "burgerprofiel": burgerprofiel.create_app,
}


def create_channels(settings: Settings, transport: Callable[[], Transport]) -> dict[Channel, Litestar]:
    """The applications of the channels this process serves; each with a transport of its own."""
    return {name: CREATE[name](parts(name, settings, transport())) for name in settings.channels}


class Mounted:
    """ASGI: every channel under its name, everything else for `rest`.

    Args:
        channels: by name.
        rest: the core in the same process, or None.
    """

    def __init__(self, channels: Mapping[Channel, Litestar], rest: tuple[Litestar, Boundary] | None = None) -> None:
        self._edges = {f"/{name}": Boundary(app, observe=observe) for name, app in channels.items()}
        self._apps = [*([rest[0]] if rest else []), *channels.values()]
        self._rest = rest[1] if rest else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or run for the life of the process."""
        if scope["type"] == "lifespan":  # type: ignore[comparison-overlap] # it is one of ASGI's kinds
            await self._live(receive, send)
            return
        head, _, _ = scope["path"].lstrip("/").partition("/")
        edge = self._edges.get(f"/{head}") or self._rest or next(iter(self._edges.values()))
        await edge(scope, receive, send)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All applications, started in order and stopped in reverse; a mounted one would not be started by itself."""
        async with AsyncExitStack() as stack:
            for app in self._apps:
                await stack.enter_async_context(app.lifespan())
            yield

    async def _live(self, receive: Any, send: Any) -> None:
        await receive()
        try:
            async with self.running():
                await send({"type": "lifespan.startup.complete"})
                await receive()
        except BaseException as error:
            await send({"type": "lifespan.startup.failed", "message": f"{type(error).__name__}: {error}"})
            raise
        await send({"type": "lifespan.shutdown.complete"})


def create_app() -> Mounted:
    """ASGI factory of `onthaal bff`: the channels alone, the core over HTTP; configuration from the environment.

    Raises:
        SettingsInvalid: the configuration is not safe or not complete.
    """
    settings = configuration.load()
    configuration.check_production(settings)
    if not settings.core_url:
        raise SettingsInvalid(f"set {configuration.variable('core_url')}: where the core API is")
    logs.configure(settings.log_level)
    return Mounted(create_channels(settings, lambda: HttpTransport(settings.core_url, settings.core_seconds)))
