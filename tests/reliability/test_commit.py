"""The connection to PostgreSQL is cut in the middle of COMMIT: whoever asks again learns how it ended, once."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Literal

import httpx
import pytest

from backend.app import Platform, create_litestar, development_issuer
from backend.kit.boundary import Boundary
from backend.kit.db import Database
from backend.kit.embedded.cluster import Cluster
from backend.kit.metrics import observe
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.people import add_people
from tests.reliability.ledger import AWAY, CREATED, body_of, call

pytestmark = pytest.mark.anyio

COUNTS = """
SELECT (SELECT count(*) FROM question), (SELECT count(*) FROM outbox WHERE topic = 'contacts.sendMessage'),
       (SELECT count(*) FROM audit_entry WHERE subject_kind = 'question' AND action = 'registerContact')
"""

Cut = Literal["before", "after"]
"""Before PostgreSQL hears of the COMMIT; after it committed, before we hear so."""


class Wire:
    """A proxy in front of PostgreSQL that cuts the line at the next COMMIT when told to.

    Args:
        server: folder of PostgreSQL's socket.
        folder: gets the socket of this proxy.
    """

    def __init__(self, server: Path, folder: Path) -> None:
        self._server = server / ".s.PGSQL.5432"
        self._socket = folder / ".s.PGSQL.5432"
        self.cut: Cut | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        tasks: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.create_task(self._connection(reader, writer)))

        server = await asyncio.start_unix_server(connected, self._socket)
        try:
            yield
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_reader, server_writer = await asyncio.open_unix_connection(self._server)
        back = asyncio.create_task(_pass_on(server_reader, writer))
        try:
            while sent := await reader.read(65_536):
                if self.cut is not None and b"COMMIT" in sent:
                    how, self.cut = self.cut, None
                    back.cancel()
                    await asyncio.gather(back, return_exceptions=True)
                    if how == "after":
                        server_writer.write(sent)
                        await server_reader.readuntil(b"COMMIT")  # its tag: done
                    return
                server_writer.write(sent)
        finally:
            back.cancel()
            writer.close()
            server_writer.close()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while sent := await reader.read(65_536):
            writer.write(sent)
    writer.close()


async def _counted(url: str) -> tuple[int, int, int]:
    """Questions, mails to send, entries of the log, as the superuser sees them."""
    async with Database(url.replace(f"{APPLICATION}@", "postgres@"), size=1) as database, database.begin() as uow:
        row = await uow.fetchrow(COUNTS)
    assert row is not None
    return row[0], row[1], row[2]


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path leaves room for a socket (104 bytes on macOS)."""
    with tempfile.TemporaryDirectory(prefix="onthaal-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_a_cut_commit_happens_once(
    cut: Cut, cluster: Cluster, own_database: str, redis_url: str, tmp_path: Path, short: Path
) -> None:
    wire = Wire(cluster.socket_dir, short)
    settings = Settings(data=str(tmp_path), database_url=own_database, redis_url=redis_url)
    url = own_database.replace(str(cluster.socket_dir), str(short))
    async with wire.open(), Database(url, role=APPLICATION) as database:
        platform = Platform(settings, database)
        async with database.transaction() as uow:
            people = await add_people(uow, development_issuer(settings))
        litestar = create_litestar(platform)
        app: Any = Boundary(litestar, observe=observe)  # its types are those of Litestar
        transport = httpx.ASGITransport(app=app)
        headers = {"Authorization": f"Bearer {people.tokens['agent']}"}
        client = httpx.AsyncClient(transport=transport, base_url="http://core", headers=headers)
        async with litestar.lifespan(), client:
            first = await call(client, "cut-before", body_of("cut-before"))
            assert first.status == CREATED
            wire.cut = cut
            lost = await call(client, "cut-commit", body_of("cut-commit"))
            assert wire.cut is None, "the line was cut"
            assert (lost.status, lost.retry_after) == (AWAY, "2")
            assert (await _counted(own_database))[0] == (1 if cut == "before" else 2)
            again = await call(client, "cut-commit", body_of("cut-commit"))
            assert again.status == CREATED
            assert (await call(client, "cut-commit", body_of("cut-commit"))).answer == again.answer
    assert await _counted(own_database) == (2, 2, 2)
