"""A real `onthaal up` in processes of its own: started, looked into, struck by faults, stopped."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from backend.app import development_issuer
from backend.kit.db import Database
from backend.kit.embedded.places import Places, Runtime, free_port
from backend.settings import Settings
from tests.people import People, add_people
from tests.reliability.ledger import Entry, body_of, call

START_SECONDS = 120.0
STOP_SECONDS = 60.0
PROGRAM = (sys.executable, "-P", "-m", "backend.cli")
CONFIGURATION = ("ONTHAAL_", "DATABASE_URL", "MIGRATION_DATABASE_URL", "REDIS_URL", "SMTP_URL", "PROMETHEUS_")
LOOK_SECONDS = 0.02
ROOT = Path(__file__).parents[2]


async def until(condition: Callable[[], Awaitable[object]], seconds: float, what: str) -> None:
    """Look again and again until it is so; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < end, f"not within {seconds:.0f} s: {what}"
        await asyncio.sleep(LOOK_SECONDS)


class Running:
    """One installation.

    Args:
        folder: an empty folder.

    Attributes:
        places: its data folder.
        url: of the API.
        people: ids and tokens of the test city.
    """

    people: People

    def __init__(self, folder: Path) -> None:
        self.places = Places(folder / "data")
        self.port = free_port("127.0.0.1")
        self.url = f"http://127.0.0.1:{self.port}"
        self._output = folder / "up.log"

    def command(self) -> Sequence[str]:
        """What runs it: a supervisor that publishes `runtime.json` once everything is ready."""
        return [*PROGRAM, "up", "--empty", "--port", str(self.port), "--data", str(self.places.data)]

    @contextlib.contextmanager
    def started(self) -> Iterator[None]:
        """Run it, with two API processes and the people of the test city; stopped at the end."""
        with self._output.open("wb") as output:
            up = subprocess.Popen(
                self.command(),
                cwd=ROOT,
                env={**environment_of(), "ONTHAAL_WORKERS": "2"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        with _guarded(up.pid):
            try:
                self._wait(up)
                self.people = asyncio.run(self._add_people())
                yield
            finally:
                _stop(up)

    def _wait(self, up: "subprocess.Popen[bytes]") -> None:
        end = time.monotonic() + START_SECONDS
        while self.places.read_runtime() is None:
            assert up.poll() is None, f"`onthaal up` stopped: {self._output.read_text()}"
            assert time.monotonic() < end, f"`onthaal up` is not ready: {self._output.read_text()}"
            time.sleep(LOOK_SECONDS)

    async def _add_people(self) -> People:
        """The city of the tests in place of the empty contact centre that every installation begins with."""
        issuer = development_issuer(Settings(data=str(self.places.data)))
        async with Database(self.runtime.migration_database_url, size=1) as database, database.transaction() as uow:
            await uow.execute("LOCK TABLE open_tally")  # the worker counts, of that one too
            await uow.execute("DELETE FROM open_tally")
            await uow.execute("DELETE FROM department")
            return await add_people(uow, issuer)

    @property
    def runtime(self) -> Runtime:
        """What it published about itself."""
        found = self.places.read_runtime()
        assert found is not None, f"`onthaal up` is gone: {self._output.read_text()}"
        return found

    def process(self, part: str) -> psutil.Process:
        """The process of a part, as it is now."""
        return psutil.Process(self.runtime.pids[part][0])

    def family(self, part: str) -> list[psutil.Process]:
        """The process of a part and everything it started."""
        leader = self.process(part)
        return [leader, *leader.children(recursive=True)]

    @property
    def supervisor(self) -> psutil.Process:
        """The process of `up` itself."""
        found = self.process("redis").parent()
        assert found is not None
        return found

    @contextlib.asynccontextmanager
    async def other_worker(self, smtp_url: str) -> AsyncIterator[psutil.Process]:
        """Another worker, with another mail server, while the usual one stands still; killed at the end."""
        runtime = self.runtime
        environment = {
            **environment_of(),
            "ONTHAAL_DATA": str(self.places.data),
            "DATABASE_URL": runtime.database_url,
            "REDIS_URL": runtime.redis_url,
            "SMTP_URL": smtp_url,
        }
        with frozen(self.family("worker")), (self.places.log / "other-worker.log").open("ab") as log:
            worker = await asyncio.create_subprocess_exec(*PROGRAM, "worker", env=environment, stdout=log, stderr=log)
            with _guarded(worker.pid):
                try:
                    yield psutil.Process(worker.pid)
                finally:
                    with contextlib.suppress(ProcessLookupError):
                        worker.kill()
                    await asyncio.wait_for(worker.wait(), STOP_SECONDS)

    async def healthy(self) -> None:
        """Wait until every part answers again."""

        async def status() -> bool:
            with contextlib.suppress(httpx.TransportError):
                async with self.client("") as client:
                    return bool((await client.get("/health/ready")).json()["status"] == "UP")
            return False

        await until(status, 60, "health UP")

    def client(self, user: str = "agent") -> httpx.AsyncClient:
        """HTTP as one of the people; nobody: without a token."""
        headers = {"Authorization": f"Bearer {self.people.tokens[user]}"} if user else {}
        return httpx.AsyncClient(base_url=self.url, headers=headers, timeout=20)

    async def register(self, key: str) -> Entry:
        """One registration, on a connection of its own."""
        async with self.client() as client:
            return await call(client, key, body_of(key))

    @contextlib.asynccontextmanager
    async def administrator(self) -> AsyncIterator["asyncpg.Connection[Any]"]:
        """The database as superuser, to look with."""
        url = self.runtime.migration_database_url.replace("+asyncpg", "")
        connection = await asyncpg.connect(url, timeout=10)
        try:
            yield connection
        finally:
            await connection.close(timeout=10)

    async def value(self, sql: str, *args: object) -> Any:
        """One value out of the database."""
        async with self.administrator() as connection:
            return await connection.fetchval(sql, *args)

    async def becomes(self, wanted: object, sql: str, *args: object, seconds: float = 20.0) -> None:
        """Wait until the database gives this value."""

        async def so() -> bool:
            return bool(await self.value(sql, *args) == wanted)

        await until(so, seconds, f"{wanted!r} from {sql}")

    async def restarted(self, part: str, former: psutil.Process) -> None:
        """Wait until the supervisor has started the part again."""

        async def other() -> bool:
            return self.runtime.pids[part][0] != former.pid

        await until(other, 30, f"{part} runs again")

    async def row(self, sql: str, *args: object) -> dict[str, Any]:
        """One row out of the database."""
        async with self.administrator() as connection:
            found = await connection.fetchrow(sql, *args)
        assert found is not None
        return dict(found)


@contextlib.contextmanager
def frozen(processes: Sequence[psutil.Process]) -> Iterator[None]:
    """SIGSTOP, and SIGCONT at the end."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


def kill(processes: Iterable[psutil.Process]) -> None:
    """SIGKILL."""
    for process in processes:
        process.kill()


def environment_of() -> dict[str, str]:
    """Ours without a configuration of Onthaal."""
    return {name: value for name, value in os.environ.items() if not name.startswith(CONFIGURATION)}


@contextlib.contextmanager
def _guarded(pid: int) -> Iterator[None]:
    """Have the process stopped when this one is killed: the guard's end of the pipe closes then."""
    command = ["sh", "-c", f"cat >/dev/null; kill {pid}"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True) as guard:
        try:
            yield
        finally:
            guard.kill()


def _stop(up: "subprocess.Popen[bytes]") -> None:
    """Ask `up` to stop; what does not within the time is killed with everything it started."""
    family = psutil.Process(up.pid).children(recursive=True) if up.poll() is None else []
    up.terminate()
    try:
        up.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        up.kill()
        for process in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        raise
