"""The data folder: its layout, its lock, the description of what runs, and the end of what a killed run left."""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from backend.kit.embedded import StartError
from backend.kit.embedded.processes import Child, end, living_in, members_of

SOCKET_PATH_LIMIT = 100
"""Bytes; systems allow 104 (macOS) or 108 (Linux) for the path of a unix socket."""
PLAIN_PATH = re.compile(r"[A-Za-z0-9._/+-]+\Z")
"""Paths that need no quoting in a database URL; arq does not unquote."""
LEFTOVER_SECONDS = 10.0
TEMPORARY_PREFIX = "onthaal-test-"

T = TypeVar("T")


class Runtime(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """What runs and where, as kept in `runtime.json` for scripts and tests.

    Attributes:
        pids: name of the part -> (process id, start time in seconds since 1970).
    """

    url: str
    database_url: str
    migration_database_url: str
    redis_url: str
    smtp_url: str
    metrics_url: str | None = None
    mail_in_url: str | None = None
    pids: dict[str, tuple[int, float]] = {}


class Places:
    """Where everything of one installation is kept.

    Attributes:
        data: the folder given, resolved.
        postgres, redis, mail, log: sub-folders, mode 0700.
        run: folder of the unix sockets, mode 0700; outside `data` when its path is too long or needs quoting.
        runtime: path of `runtime.json`.
    """

    def __init__(self, data: Path) -> None:
        self.data = data.expanduser().resolve()
        self.postgres = self.data / "postgres"
        self.redis = self.data / "redis"
        self.mail = self.data / "mail"
        self.log = self.data / "log"
        self.run = _socket_folder(self.data)
        self.runtime = self.data / "runtime.json"
        self._children = self.data / "children.json"
        self._published: Runtime | None = None
        self._pids: dict[str, tuple[int, float]] = {}

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Hold the data folder for this process alone and make its sub-folders; freed even by kill -9.

        Raises:
            StartError: another instance uses the folder, or it cannot be written.
        """
        with self._writable():
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(self.data / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        with os.fdopen(handle, "r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                owner = file.read().strip() or "unknown"
                message = f"{self.data} is already in use by another running Onthaal (pid {owner})"
                raise StartError(message) from None
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            with self._writable():
                self._make_folders()
            try:
                yield
            finally:
                self.runtime.unlink(missing_ok=True)
                shutil.rmtree(self.run, ignore_errors=True)

    def stop_leftovers(self) -> None:
        """End the parts of an earlier run whose supervisor was killed; call it while holding the lock."""
        self.runtime.unlink(missing_ok=True)  # describes that earlier run
        children = _read(self._children, dict[str, Child]) or {}
        for child in reversed(children.values()):
            members = members_of(child)
            end([member for member in members if member.pid == child.pid], LEFTOVER_SECONDS, child.stop_signal)
            end(members, LEFTOVER_SECONDS)
        self._children.unlink(missing_ok=True)

    def record(self, children: Mapping[str, Child]) -> None:
        """Remember the running parts (for `stop_leftovers`) and renew their pids in a published `runtime.json`."""
        _write(self._children, children)
        self._pids = {name: (child.pid, child.create_time) for name, child in children.items()}
        if self._published is not None:
            self.publish(self._published)

    def publish(self, runtime: Runtime) -> None:
        """Write `runtime.json` (mode 0600, whole or not at all) with the pids recorded last."""
        self._published = runtime
        _write(self.runtime, msgspec.structs.replace(runtime, pids=self._pids))

    def read_runtime(self) -> Runtime | None:
        """Read `runtime.json`; None when nothing runs here (or the file is unreadable)."""
        return _read(self.runtime, Runtime)

    def _make_folders(self) -> None:
        for folder in (self.redis, self.mail, self.log):
            folder.mkdir(mode=0o700, exist_ok=True)
            if not os.access(folder, os.W_OK | os.X_OK):
                raise PermissionError(13, f"Permission denied: {folder}")
        # Made anew each time: a folder of that name in the shared temporary directory may be somebody else's.
        if self.run.is_dir() and not self.run.is_symlink():
            shutil.rmtree(self.run)
        self.run.mkdir(mode=0o700)

    @contextlib.contextmanager
    def _writable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"cannot write in the data folder {self.data}: {error.strerror or error}"
            raise StartError(message) from None


@contextlib.contextmanager
def temporary_places(within: Path | None = None) -> Iterator[Places]:
    """Give locked places in a new folder, removed afterwards; sweeps those of killed test runs.

    Args:
        within: where; None for the usual place of temporary files.
    """
    for folder in (within or Path(tempfile.gettempdir())).glob(f"{TEMPORARY_PREFIX}*"):
        _sweep(folder)
    places = Places(Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=within)))
    try:
        with places.lock():
            yield places
    finally:
        shutil.rmtree(places.data, ignore_errors=True)


def check_port(host: str, port: int) -> None:
    """Raise StartError when `host:port` cannot be listened on, so that nothing is started in vain."""
    with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
        # macOS lets two servers listen when one of them names a more specific address.
        raise StartError(f"port {port} on {host} is already in use; choose another one with --port")
    try:
        with _listening(host, port):
            return
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartError(f"port {port} on {host} is already in use; choose another one with --port") from None
        raise StartError(f"cannot listen on port {port} of {host}: {error.strerror or error}") from None


def free_port(host: str, wanted: int = 0) -> int:
    """Give `wanted` when it can be listened on, else a free port chosen by the system."""
    for port in (wanted, 0):
        with contextlib.suppress(OSError), _listening(host, port) as server:
            return int(server.getsockname()[1])
    raise StartError(f"no free port on {host}")


def _listening(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)


def _socket_folder(data: Path) -> Path:
    run = data / "run"
    if len(os.fsencode(run / ".s.PGSQL.5432")) < SOCKET_PATH_LIMIT and PLAIN_PATH.match(str(run)):
        return run
    name = f"onthaal-{hashlib.sha256(os.fsencode(data)).hexdigest()[:16]}"
    temporary = Path(tempfile.gettempdir()).resolve()
    short = len(os.fsencode(temporary)) < SOCKET_PATH_LIMIT - 40 and PLAIN_PATH.match(str(temporary))
    return (temporary if short else Path("/tmp")) / name  # noqa: S108 (0700 and made anew under the lock)


def _sweep(folder: Path) -> None:
    with contextlib.suppress(OSError), (folder / "lock").open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # succeeds only when its test run is gone
        if file.read():
            for name, sub in (("postgres", "postgres"), ("redis-server", "redis")):
                end(living_in(folder / sub, name), LEFTOVER_SECONDS)
            shutil.rmtree(folder)


def _write(path: Path, value: object) -> None:
    fresh = path.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.format(msgspec.json.encode(value)))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError):
        return None
