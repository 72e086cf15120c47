"""How a channel becomes a Litestar application: the same edge, problems, documentation and health as the core."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.config.cors import CORSConfig
from litestar.di import Provide
from litestar.openapi.spec import SecurityScheme
from litestar.types import Guard

from backend.kit import failures
from backend.kit.docs import assets, openapi_config
from backend.kit.operation import get
from backend.kit.query import QueryGuard, provide_page
from backend.kit.signing import names_in
from bff.core.client import PASSED_ON, Core, ProblemRelayed
from bff.core.description import ChannelDescriptionConfig, Manner
from bff.core.network import Networks
from bff.core.relay import Relayed, relays
from bff.core.tokens import CallTokens
from bff.core.transport import Transport
from bff.core.uploads import Uploads
from bff.settings import Channel, Settings

VERSION = "1.0.0"


class ChannelParts(msgspec.Struct, frozen=True, kw_only=True):
    """What every channel is made with.

    Attributes:
        name: of the channel; its paths begin with `/name`.
        settings: of the process.
        core: the core API, for this channel.
        networks: tells where a request came from.
    """

    name: Channel
    settings: Settings
    core: Core
    networks: Networks


def parts(name: Channel, settings: Settings, transport: Transport) -> ChannelParts:
    """The parts of a channel, with the key it signs its calls with."""
    folder = Path(settings.keys) / f"channel-{name}"
    names = names_in(folder)
    key_file = folder / names.private
    return ChannelParts(
        name=name,
        settings=settings,
        core=Core(transport, CallTokens(name, key_file, names.kid)),
        networks=Networks(key_file.read_bytes(), settings.trusted_proxies),
    )


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What the description of a channel says.

    Attributes:
        title: of the API.
        description: of the API.
        tags: name -> what its operations are about.
        schemes: how a request shows who it is from.
        relayed: operations of the core that are passed on as they are, under their own path or another.
        limited: any operation can answer 429.
        with_session: beginnings of paths that need a session; all others work without one too.
    """

    title: str
    description: str
    tags: dict[str, str]
    schemes: dict[str, SecurityScheme]
    relayed: Sequence[Relayed] = ()
    limited: bool = False
    with_session: tuple[str, ...] = ("/",)


Lifespan = Callable[[Litestar], AbstractAsyncContextManager[None]]


def create_channel(
    made: ChannelParts,
    about: About,
    handlers: Sequence[Any],
    *,
    guards: Sequence[Guard] = (),
    dependencies: Mapping[str, Provide] | None = None,
    state: Mapping[str, Any] | None = None,
    lifespan: Sequence[Lifespan] = (),
    cors: CORSConfig | None = None,
) -> Litestar:
    """The application of a channel.

    Args:
        made: its parts; `app.state.parts` and `app.state.core` from then on.
        about: its description.
        handlers: controllers and routes, with paths below `/name`.
        guards: say who asks, and set `caller` in the state of the request.
        dependencies: beside `page`.
        state: more of `app.state`.
        lifespan: what runs beside it.
        cors: which sites may call it.
    """
    guard = QueryGuard()

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        guard.learn(app)
        try:
            yield
        finally:
            await made.core.close()

    app = Litestar(
        path=f"/{made.name}",
        route_handlers=[*handlers, *relays(about.relayed), live, assets()],
        dependencies={"page": Provide(provide_page, sync_to_thread=False), **(dependencies or {})},
        guards=list(guards),
        before_request=guard,
        exception_handlers={ProblemRelayed: relayed, Exception: failures.handler()},
        openapi_config=_description(about, f"/{made.name}"),
        cors_config=cors,
        lifespan=[running, *lifespan],
        logging_config=None,
        debug=False,
    )
    app.state.parts, app.state.core, app.state.uploads = made, made.core, Uploads()
    for name, value in (state or {}).items():
        setattr(app.state, name, value)
    return app


@get("/health/live", public=True, opt={"open": True}, include_in_schema=False)
async def live() -> dict[str, str]:
    """The process answers, whatever the core does: for the balancer before a channel that runs apart."""
    return {"status": "UP"}


def _description(about: About, base: str) -> ChannelDescriptionConfig:
    usual = openapi_config(
        title=about.title,
        version=VERSION,
        description=about.description,
        tags=about.tags,
        schemes=about.schemes,
        base=base,
    )
    names = usual.__dataclass_fields__.keys() - {"openapi_controller", "root_schema_site", "enabled_endpoints"}
    given = {name: getattr(usual, name) for name in names}  # those of Litestar's past warn when they are looked at
    manner = Manner(base=base, relayed=about.relayed, limited=about.limited, with_session=about.with_session)
    return ChannelDescriptionConfig(**given, manner=manner)


def relayed(_request: Request[Any, Any, Any], error: ProblemRelayed) -> Response[bytes]:
    """A refusal of the core, as it came."""
    answer = error.answer
    passed = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
    kind = answer.headers.get("content-type", "application/problem+json")
    return Response(answer.body, status_code=answer.status, headers=passed, media_type=kind)
