"""The platform in parts, as one runs it split: the core, its worker, and each channel as a process of its own.

A channel gets the address of the core, a folder with its own key, and what logins need; nothing else of ours.
"""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psutil

from backend.commands.city import read_city
from backend.commands.provider import accounts, clients, prepared, providers_file
from backend.commands.seed import DEMO
from backend.kit.embedded.places import free_port
from backend.kit.embedded.processes import end, group_of
from backend.kit.embedded.provider import ProviderServer
from backend.kit.keys import DevelopmentIssuer
from backend.kit.signing import SIGNING
from backend.settings import Settings, variable
from bff.settings import AUDIENCE, CHANNELS, ISSUER, Channel
from bff.settings import variable as channel_variable
from scripts.journeys.browser import Browser
from tests.reliability.running import PROGRAM, environment_of
from tests.simulators import introspection
from tests.simulators.introspection import IntrospectionEndpoint

HOST = "127.0.0.1"
SECONDS = 60
CORE = ("data", "database_url", "redis_url", "smtp_url")
"""Settings that core and worker have of each other's servers."""


def eventually(look: Callable[[], Any], what: Callable[[], str]) -> Any:
    """Look again until something is there; gives that."""
    until = time.monotonic() + SECONDS
    while not (found := look()):
        assert time.monotonic() < until, what()
        time.sleep(0.05)
    return found


class Program:
    """`onthaal` in a process of its own, with this environment and nothing else of ours; the same port at every start.

    Args:
        words: command and options; `--port` comes with `look`.
        log: where it writes.
        look: path that answers when it is there; empty for what answers nobody.
        environment: its configuration.
    """

    def __init__(self, *words: str, log: Path, look: str = "", environment: Mapping[str, str]) -> None:
        self.port = free_port(HOST)
        self.url = f"http://{HOST}:{self.port}"
        self.environment = dict(environment)
        self._words = [*words, "--port", str(self.port)] if look else list(words)
        self._log = log
        self._look = look
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; `wait` waits until it answers."""
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                [*PROGRAM, *self._words],
                env={**environment_of(), **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait(self) -> None:
        """Until it answers."""
        if self._look:
            eventually(self._answers, lambda: f"{self._words} did not start: {self._log.read_text()[-2000:]}")

    def kill(self) -> None:
        """`kill -9`, every process of it."""
        end(self.processes(), 5.0, signal.SIGKILL)
        if self._process:
            self._process.wait(5)

    def stop(self) -> None:
        """As an administrator does."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(20)
        finally:
            end(group_of(self._process.pid), 2.0)

    def processes(self) -> list[psutil.Process]:
        """Its process and those it started."""
        assert self._process is not None
        return group_of(self._process.pid)

    def asked(self, path: str, **headers: str) -> httpx.Response:
        """What it answers."""
        return httpx.get(f"{self.url}{path}", headers=headers, timeout=20, trust_env=False)

    def calls(self) -> set[int]:
        """Ports that it has connections to, those of who calls it left out."""
        held = [one for process in self.processes() for one in process.net_connections("tcp")]
        return {one.raddr.port for one in held if one.raddr and one.laddr.port != self.port}

    def _answers(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, f"{self._words} stopped: {self._log.read_text()[-2000:]}"
        try:
            return self.asked(self._look).is_success
        except httpx.HTTPError:
            return False


class Split(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that runs.

    Attributes:
        settings: of the core.
        core: the core API.
        channels: each on a port of its own.
        folders: what each channel may read.
        provider: who says who logs in.
        introspection: who says whether Mijn Burgerprofiel's token is good.
        sessions_url: Redis with the sessions of colleagues.
    """

    settings: Settings
    core: Program
    channels: Mapping[Channel, Program]
    folders: Mapping[Channel, Path]
    provider: ProviderServer
    introspection: IntrospectionEndpoint
    sessions_url: str

    @contextlib.contextmanager
    def browser(self, channel: Channel) -> Iterator[Browser]:
        """Somebody's browser on the site of a channel."""
        with contextlib.closing(Browser(self.channels[channel].url)) as made:
            yield made


@contextlib.contextmanager
def split(folder: Path, settings: Settings, sessions_url: str) -> Iterator[Split]:
    """Start every part and wait for all of them; stopped at the end.

    Args:
        folder: an empty one; each part gets a folder of its own in it.
        settings: of the core; its database holds a city.
        sessions_url: Redis for sessions of colleagues, another than the core's.
    """
    folders: dict[Channel, Path] = {name: folder / f"bff-{name}" for name in CHANNELS}
    environment = _core(settings, _issuers(folder / "issuers.json", folders))
    core = Program("serve", log=folder / "core.log", look="/health/live", environment=environment)
    worker = Program("worker", log=folder / "worker.log", environment=environment)
    channels = {name: _channel(name, folders[name], core.url) for name in CHANNELS}
    channels["agent"].environment[channel_variable("sessions_url")] = sessions_url
    provider = _provider(folder / "provider", channels, folders)
    tokens = IntrospectionEndpoint(b"")
    with contextlib.ExitStack() as stack:
        stack.enter_context(tokens.server)
        told = _source(folders["burgerprofiel"], tokens)
        channels["burgerprofiel"].environment[channel_variable("source_file")] = str(told)
        started = [core, worker, *channels.values()]
        for program in started:
            stack.callback(program.stop)
            program.start()
        stack.enter_context(provider.running(SECONDS))
        for program in started:
            program.wait()
        yield Split(
            settings=settings,
            core=core,
            channels=channels,
            folders=folders,
            provider=provider,
            introspection=tokens,
            sessions_url=sessions_url,
        )


def _core(settings: Settings, issuers_file: Path) -> dict[str, str]:
    """Environment of core and worker."""
    given = {variable(name): str(getattr(settings, name)) for name in CORE}
    return given | {variable("issuers_file"): str(issuers_file)}


def _channel(name: Channel, folder: Path, core_url: str) -> Program:
    """A channel that knows where the core is and where its own things are."""
    made = Program(*("bff", "--channels", name), log=folder / "log", look=f"/{name}/health/live", environment={})
    told = {"core_url": core_url, "keys": folder / "keys", "public_url": made.url}
    made.environment |= {channel_variable(field): str(value) for field, value in told.items()}
    return made


def _issuers(file: Path, folders: Mapping[Channel, Path]) -> Path:
    """A key for each channel in its own folder; the public halves, for the core."""
    trusted = []
    for name, folder in folders.items():
        place, issuer = folder / "keys" / f"channel-{name}", f"{ISSUER}{name}"
        DevelopmentIssuer(place, issuer, AUDIENCE, SIGNING).prepare()
        public = file.with_name(f"{name}-jwks.json")
        (place / SIGNING.public).rename(public)
        trusted.append({"issuer": issuer, "audience": AUDIENCE, "jwksFile": str(public), "channel": name})
    file.write_bytes(msgspec.json.encode(trusted))
    return file


def _provider(folder: Path, channels: Mapping[Channel, Program], folders: Mapping[Channel, Path]) -> ProviderServer:
    """The demo provider, which knows each channel at its own address; a channel knows only itself there."""
    city, organisation = read_city(DEMO), Settings().organisation
    server = prepared(folder, city, name="Zonderwater", port=free_port(HOST), public_url="", organisation=organisation)
    key, secret = folder / "agent-key.pem", (folder / "widget-secret").read_text()
    named: dict[Channel, Any] = msgspec.json.decode(providers_file(folder).read_bytes())
    known = []
    for name, chosen in named.items():
        known += [one for one in clients(key, secret, channels[name].url) if one["client_id"] == chosen["clientId"]]
        own = folders[name] / "providers.json"
        own.write_bytes(msgspec.json.encode({name: chosen}))
        channels[name].environment[channel_variable("providers_file")] = str(own)
    server.configure(known, accounts(city, organisation))
    return server


def _source(folder: Path, tokens: IntrospectionEndpoint) -> Path:
    """Where tokens of Mijn Burgerprofiel are checked, and who we are there."""
    secret, file = folder / "secret", folder / "source.json"
    secret.write_text(introspection.SECRET)
    told = {
        "introspectionUrl": f"{tokens.server.url}/op/v1/introspect",
        "issuer": introspection.ISSUER,
        "clientId": introspection.CLIENT,
        "clientSecretFile": str(secret),
        "audience": introspection.AUDIENCE,
        "scope": introspection.SCOPE,
    }
    file.write_bytes(msgspec.json.encode(told))
    return file
