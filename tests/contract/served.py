"""`onthaal serve` as a process of its own on a free port: the API as others meet it, over HTTP."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import msgspec

from backend.kit.embedded.places import free_port
from backend.kit.embedded.processes import end, group_of
from backend.settings import Settings, variable

HOST = "127.0.0.1"
START_SECONDS = 60
STOP_SECONDS = 20


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """A running core API.

    Attributes:
        url: where it answers.
        settings: what it was started with.
        log: everything it wrote.
    """

    url: str
    settings: Settings
    log: Path

    def failures(self) -> str:
        """The lines about requests that failed inside, for the message of a test."""
        lines = self.log.read_text(errors="replace").splitlines()
        return "\n".join(line for line in lines if "request_failed" in line)[-4000:]


@contextmanager
def serving(settings: Settings, *options: str, **more: str) -> Iterator[Served]:
    """Serve with these settings until the block ends.

    Args:
        settings: of the core.
        options: of `onthaal serve`.
        more: environment beside it.
    """
    port = free_port(HOST)
    log = settings.folder / f"serve-{port}.log"
    given = {field: getattr(settings, field) for field in ("data", "database_url", "redis_url", "smtp_url")}
    environment = os.environ | {variable(field): value for field, value in given.items()} | more
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "backend.cli", "serve", "--port", str(port), *options],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        url = f"http://{HOST}:{port}"
        _wait(url, process, log)
        yield Served(url=url, settings=settings, log=log)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        finally:
            end(group_of(process.pid), 2.0)


def _wait(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until it answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            httpx.get(f"{url}/health/live", timeout=2).raise_for_status()
        except httpx.HTTPError as error:
            if process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(f"onthaal serve did not start: {log.read_text()[-2000:]}") from error
            time.sleep(0.05)
        else:
            return
