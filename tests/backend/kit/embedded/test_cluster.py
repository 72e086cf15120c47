import os
import signal
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from backend.kit.embedded import StartError, cluster
from backend.kit.embedded.cluster import Cluster, temporary_cluster
from backend.kit.embedded.places import Places, temporary_places
from backend.kit.embedded.processes import living_in

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def places() -> Iterator[Places]:
    with temporary_places() as places:
        yield places


async def ask(server: Cluster, *statements: str, user: str = "postgres") -> object:
    """Run statements, each committed; give the first value of the last one."""
    engine = create_async_engine(server.url(user, "postgres"), poolclass=NullPool, isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            result = await connection.execute(text(statement))
    return result.scalar() if result.returns_rows else None


async def test_survives_kill_of_the_postmaster_with_a_backend_that_hangs(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "LEFTOVER_SECONDS", 0.3)
    server = Cluster(places.postgres, places.run)
    log = places.log / "postgresql.log"
    server.prepare()
    process = server.start(log)
    server.wait_ready(20)
    await ask(server, "CREATE TABLE kept (value text)", "INSERT INTO kept VALUES ('still here')")
    engine = create_async_engine(server.url("postgres", "postgres"))
    connection = await engine.connect()
    backend = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    os.kill(backend, signal.SIGSTOP)  # it does not notice that its parent is gone, and keeps the shared memory
    process.kill()
    process.wait()
    assert backend in [left.pid for left in living_in(places.postgres, "postgres")]

    server.prepare()
    assert living_in(places.postgres, "postgres") == []
    process = server.start(log)
    server.wait_ready(20)
    assert await ask(server, "SELECT value FROM kept") == "still here"
    await connection.invalidate()
    await connection.close()
    await engine.dispose()
    server.stop(process)
    assert process.returncode == 0
    assert "database system was not properly shut down" in log.read_text()
    assert "database system is shut down" in log.read_text()


async def test_is_safe_private_and_silent(places: Places) -> None:
    server = Cluster(places.postgres, places.run)
    server.prepare()
    log = places.log / "postgresql.log"
    process = server.start(log)
    try:
        server.wait_ready(20)
        for name in ("fsync", "synchronous_commit", "full_page_writes", "data_checksums"):
            assert await ask(server, f"SHOW {name}") == "on"
        assert await ask(server, "SHOW listen_addresses") == ""
        assert await ask(server, "SHOW server_encoding") == "UTF8"
        assert await ask(server, "SELECT current_setting('server_version_num')::int / 10000") == 18
        assert stat.S_IMODE(places.run.stat().st_mode) == 0o700
        assert stat.S_IMODE(places.postgres.stat().st_mode) == 0o700
        assert psutil.Process(process.pid).uids().effective != 0
        await ask(server, "CREATE TABLE person (ssin text PRIMARY KEY)")
        await ask(server, "INSERT INTO person VALUES ('85073003328')")
        with pytest.raises(IntegrityError, match="85073003328"):
            await ask(server, "INSERT INTO person VALUES ('85073003328')")
        assert "duplicate key" in log.read_text()
        assert "85073003328" not in log.read_text()
    finally:
        server.stop(process)


async def test_a_killed_initdb_and_a_reused_process_id_do_not_stop_it(places: Places) -> None:
    half = places.data / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    server = Cluster(places.postgres, places.run, durable=False)
    server.prepare()
    assert not half.exists()
    (places.postgres / "postmaster.pid").write_text(f"{os.getpid()}\n{places.postgres}\n")
    (places.run / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    server.prepare()
    assert not (places.postgres / "postmaster.pid").exists()
    process = server.start(places.log / "postgresql.log")
    try:
        server.wait_ready(20)
        second = Cluster(places.postgres, places.run, durable=False)
        second.prepare()  # the lock of the data folder is ours, so the running one is a leftover
        assert process.wait(10) == 0
    finally:
        server.stop(process)


async def test_temporary_cluster_leaves_nothing() -> None:
    with temporary_cluster() as server:
        folder = server.data.parent
        assert await ask(server, "SELECT 1") == 1
    assert not folder.exists()
    assert living_in(server.data, "postgres") == []


def test_a_cluster_of_another_version_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "PG_VERSION").write_text("16\n")
    with pytest.raises(StartError, match="was made by PostgreSQL 16; this Onthaal carries PostgreSQL 18"):
        Cluster(tmp_path, tmp_path).prepare()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives the files of a cluster to another user")
def test_root_gives_back_a_cluster_restored_as_root(places: Places) -> None:
    server = Cluster(places.postgres, places.run, durable=False)
    server.prepare()
    owner = places.postgres.stat().st_uid
    assert owner != 0
    subprocess.run(["chown", "-R", "root", places.postgres], check=True)
    server.prepare()
    assert {path.stat().st_uid for path in (places.postgres, *places.postgres.rglob("*"))} == {owner}
