"""The console program as a user runs it: real processes, every wait with an end."""

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from unittest import mock

import httpx
import msgspec
import psutil

from backend.cli import cli
from backend.commands.failures import guarded

ROOT = Path(__file__).parents[3]
COMMAND = [sys.executable, "-P", "-m", "backend.cli"]
OURS = ("ONTHAAL_", "DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "SMTP_URL", "PROMETHEUS_", "PG")
SECONDS = 40


def environment(**variables: str) -> dict[str, str]:
    """The environment without a configuration of Onthaal, and `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**kept, "PYTHONPATH": str(ROOT), **variables}


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a command did."""

    code: int
    out: str
    err: str


def onthaal(*arguments: str, **variables: str) -> Outcome:
    """Run a command to its end, in this process: that saves a second of imports each time."""
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        mock.patch.dict(os.environ, environment(**variables), clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            guarded(lambda: cli.main(arguments, prog_name="onthaal"))
        except SystemExit as stop:
            code = int(stop.code or 0)
    return Outcome(code=code, out=out.getvalue(), err=err.getvalue())


def until(condition: Callable[[], bool], what: str, seconds: float = SECONDS) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.02)


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2).status_code == 200
    except httpx.HTTPError:
        return False


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


class Running:
    """A started command.

    Args:
        arguments: of the program.
        output: file that gets both its outputs.
        variables: of its environment.
    """

    def __init__(self, arguments: list[str], output: Path, variables: Mapping[str, str]) -> None:
        self.output = output
        self._children: list[psutil.Process] = []
        with output.open("ab") as file:
            self.process = subprocess.Popen(
                [*COMMAND, *arguments],
                env=environment(**variables),
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                cwd="/",
            )

    def text(self) -> str:
        return self.output.read_text()

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until it is so, while the command runs."""

        def so() -> bool:
            assert self.process.poll() is None, f"it stopped before {what}:\n{self.text()}"
            return condition()

        until(so, what)
        self._children = self.family()

    def family(self) -> list[psutil.Process]:
        """Every living process below it."""
        return [child for child in psutil.Process(self.process.pid).children(recursive=True) if _lives(child)]

    def stop(self, number: int = signal.SIGTERM, seconds: float = SECONDS) -> int:
        """Ask it to stop; gives its exit code."""
        self._children = self.family()
        self.process.send_signal(number)
        return self.process.wait(seconds)

    def kill_everything(self) -> None:
        """kill -9, as a crash of the machine would."""
        self._children = self.family()
        for process in [psutil.Process(self.process.pid), *self._children]:
            process.kill()
        self.process.wait(SECONDS)
        until(lambda: not self.left(), "all dead")

    def left(self) -> list[str]:
        """Children that outlived it."""
        return [str(child) for child in self._children if _lives(child)]

    def close(self) -> None:
        """End what still runs, whatever happened."""
        if self.process.poll() is None:
            self.kill_everything()
        for child in self._children:
            if child.is_running():
                child.kill()


@contextlib.contextmanager
def started(arguments: list[str], output: Path, **variables: str) -> Iterator[Running]:
    """A command that runs during the block and never longer."""
    running = Running(arguments, output, variables)
    try:
        yield running
    finally:
        running.close()
