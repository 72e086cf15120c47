"""`onthaal doctor --invariants`: says what holds, and leaves with 1 when something does not."""

import asyncio
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import msgspec

from backend.kit.embedded.cluster import Cluster
from tests.backend.commands.program import onthaal


def test_without_violations_it_says_none(own_database: str, tmp_path: Path) -> None:
    got = onthaal("doctor", "--invariants", "--data", str(tmp_path), DATABASE_URL=own_database)
    assert got.code == 0, got.err
    lines = [line.split() for line in got.out.splitlines() if line.strip()]
    assert ["deadlineFollowsFromEvents", "0", "none"] in lines
    assert all(line[-1] in {"none", "violations"} for line in lines)


def test_a_violation_is_named_and_costs_the_exit_code(own_database: str, cluster: Cluster, tmp_path: Path) -> None:
    async def plant() -> str:
        name = urlsplit(own_database).path.strip("/")
        connection = await asyncpg.connect(cluster.url("postgres", name).replace("+asyncpg", ""))
        try:
            row = "INSERT INTO outbox (id, topic, ids) VALUES (gen_random_uuid(), 'nobody', '{}') RETURNING id"
            return str(await connection.fetchval(row))
        finally:
            await connection.close()

    planted = asyncio.run(plant())
    got = onthaal("doctor", "--invariants", "--json", "--data", str(tmp_path), DATABASE_URL=own_database)
    assert got.code == 1
    document = msgspec.json.decode(got.out)
    found = {one["invariant"]: one["violations"] for one in document["invariants"]}
    assert (document["ok"], found["outboxHasHandler"]) == (False, [{"id": planted, "reference": None}])
    shown = onthaal("doctor", "--invariants", "--data", str(tmp_path), DATABASE_URL=own_database)
    assert planted in shown.out


def test_without_a_database_it_says_what_to_do(tmp_path: Path) -> None:
    got = onthaal("doctor", "--invariants", "--data", str(tmp_path))
    assert got.code == 1
    assert "set DATABASE_URL" in got.err
