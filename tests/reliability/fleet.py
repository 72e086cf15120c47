"""A platform for faults: two API and two worker processes, each on a line of its own to PostgreSQL and to its mail.

Run as a process (`python -m tests.reliability.fleet`) it is the supervisor of `onthaal up` with other parts; `Fleet`
starts that and knows its lines.
"""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import msgspec
import psutil

from backend.commands.installation import Installation
from backend.commands.serve import emptied
from backend.commands.up import prepare
from backend.kit.embedded.cluster import PORT
from backend.kit.embedded.places import Places, free_port
from backend.kit.embedded.supervisor import Part, Supervisor
from backend.settings import Settings
from tests.reliability.mailserver import Difficult, Post
from tests.reliability.running import Running, until
from tests.reliability.wire import Wire, through

APIS = ("api-1", "api-2")
WORKERS = ("worker-1", "worker-2")
READY_SECONDS = 60.0
LET_IN = "SELECT count(*) FROM key_holder WHERE process LIKE ANY($1::text[])"


class Fleet(Running):
    """One installation with its lines.

    Args:
        folder: an empty folder.

    Attributes:
        wires: by name of the process.
        posts: the mail server of each worker; both keep in one place.
        urls: of the API processes, by name.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.wires = {name: Wire(self.places.run / f".s.PGSQL.{PORT}") for name in (*WORKERS, *APIS)}
        self.posts = {name: Post(Difficult(self.places.mail)) for name in WORKERS}
        self.urls = dict(zip(APIS, (self.url, f"http://127.0.0.1:{free_port('127.0.0.1')}"), strict=True))

    def command(self) -> Sequence[str]:
        """Our own supervisor."""
        lines = {
            name: Lines(
                listen=int(self.urls.get(name, ":0").rpartition(":")[2]),
                database=wire.port,
                mail=self.posts.get(name, self.posts[WORKERS[0]]).port,
            )
            for name, wire in self.wires.items()
        }
        told = ("--data", str(self.places.data), "--lines", msgspec.json.encode(lines).decode())
        return [sys.executable, "-m", "tests.reliability.fleet", *told]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The lines laid, everything started, people in place; stopped at the end."""
        async with contextlib.AsyncExitStack() as opened:
            for wire in self.wires.values():
                await opened.enter_async_context(wire.open())
            for post in self.posts.values():
                await opened.enter_async_context(post.open())
            stack = contextlib.ExitStack()
            await asyncio.to_thread(stack.enter_context, self.started())
            opened.push_async_callback(asyncio.to_thread, stack.close)
            yield

    async def working(self) -> None:
        """Wait until every process runs, and the workers are let in to the database."""

        async def so() -> bool:
            try:
                processes = {name: self.process(name) for name in ("redis", "postgresql", *APIS, *WORKERS)}
                if any(process.status() == psutil.STATUS_ZOMBIE for process in processes.values()):
                    return False
                names = [f"%:{processes[name].pid} worker" for name in WORKERS]
                return bool(await self.value(LET_IN, names) == len(names))
            except (psutil.NoSuchProcess, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
                return False

        await until(so, READY_SECONDS, "every process at work")

    async def ready(self, *names: str) -> None:
        """Wait until these API processes (none named: all) say that every part is up."""
        async with httpx.AsyncClient(timeout=5) as client:

            async def up() -> bool:
                with contextlib.suppress(httpx.TransportError):
                    told = [await client.get(f"{self.urls[name]}/health/ready") for name in names or APIS]
                    return all(one.json()["status"] == "UP" for one in told)
                return False

            await until(up, READY_SECONDS, f"{', '.join(names or APIS)} UP")


class Lines(msgspec.Struct, frozen=True, kw_only=True):
    """Ports of one process: where it listens (a worker: 0), finds PostgreSQL, finds its mail server (an API: any)."""

    listen: int
    database: int
    mail: int


def parts_of(places: Places, made: Installation, lines: dict[str, Lines]) -> Iterator[Part]:
    """Redis that keeps nothing, PostgreSQL, workers, API processes."""
    for part in made.embedded():
        command = [*part.command, "--appendonly", "no"] if part.name == "redis" else part.command
        yield msgspec.structs.replace(part, command=command)
    for name, line in lines.items():
        settings = msgspec.structs.replace(
            made.configuration,
            database_url=through(made.runtime.database_url, line.database),
            smtp_url=f"smtp://127.0.0.1:{line.mail}",
            port=line.listen,
            workers=1,
        )
        own = Installation(settings, places).own(str(emptied(places.run / "metrics" / name)))
        kind = "api" if name in APIS else "worker"
        yield from (msgspec.structs.replace(part, name=name) for part in own if part.name == kind)


def main() -> None:
    """Read the arguments and supervise until SIGTERM."""
    parser = argparse.ArgumentParser(description="Supervises a platform whose lines are somebody else's.")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--lines", required=True, help="JSON: name of the process -> its ports")
    options = parser.parse_args()
    lines = msgspec.json.decode(options.lines, type=dict[str, Lines])
    places = Places(options.data)
    with places.lock():
        first = lines[APIS[0]]
        made = Installation(
            Settings(data=str(places.data), port=first.listen, smtp_url=f"smtp://127.0.0.1:{first.mail}"), places
        )
        supervisor = Supervisor(list(parts_of(places, made, lines)), places.log, on_change=places.record)
        supervisor.after("postgresql", lambda: prepare(made, empty=True))
        supervisor.run(lambda: places.publish(made.runtime))


if __name__ == "__main__":
    main()
