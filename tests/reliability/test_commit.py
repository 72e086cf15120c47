"""The connection to PostgreSQL is cut in the middle of COMMIT: whoever asks again learns how it ended, once."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from backend.app import Platform, create_litestar, development_issuer
from backend.kit.boundary import Boundary
from backend.kit.db import Database
from backend.kit.embedded.cluster import PORT, Cluster
from backend.kit.metrics import observe
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.people import add_people
from tests.reliability.ledger import AWAY, CREATED, body_of, call
from tests.reliability.wire import AFTER, BEFORE, COMMIT, Cut, Wire, through

pytestmark = pytest.mark.anyio

COUNTS = """
SELECT (SELECT count(*) FROM question), (SELECT count(*) FROM outbox WHERE topic = 'contacts.sendMessage'),
       (SELECT count(*) FROM audit_entry WHERE subject_kind = 'question' AND action = 'registerContact')
"""


async def _counted(url: str) -> tuple[int, int, int]:
    """Questions, mails to send, entries of the log, as the superuser sees them."""
    async with Database(url.replace(f"{APPLICATION}@", "postgres@"), size=1) as database, database.begin() as uow:
        row = await uow.fetchrow(COUNTS)
    assert row is not None
    return row[0], row[1], row[2]


@pytest.mark.parametrize("cut", [BEFORE, Cut(sent=7), AFTER, Cut(sent=len(COMMIT), heard=9)])
async def test_a_cut_commit_happens_once(
    cut: Cut, cluster: Cluster, own_database: str, redis_url: str, tmp_path: Path
) -> None:
    wire = Wire(cluster.socket_dir / f".s.PGSQL.{PORT}")
    settings = Settings(data=str(tmp_path), database_url=own_database, redis_url=redis_url)
    async with wire.open(), Database(through(own_database, wire.port), role=APPLICATION) as database:
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
            wire.cuts = [cut]
            lost = await call(client, "cut-commit", body_of("cut-commit"))
            assert not wire.cuts, "the line was cut"
            assert (lost.status, lost.retry_after) == (AWAY, "2")
            assert (await _counted(own_database))[0] == (2 if cut.sent == len(COMMIT) else 1)
            again = await call(client, "cut-commit", body_of("cut-commit"))
            assert again.status == CREATED
            assert (await call(client, "cut-commit", body_of("cut-commit"))).answer == again.answer
    assert await _counted(own_database) == (2, 2, 2)
