"""A whole platform of its own in a temporary folder: durable PostgreSQL, Redis, API processes, nothing shared."""

import asyncio
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncpg
import msgspec

from backend.app import development_issuer
from backend.kit.db import Database
from backend.kit.embedded.cluster import Cluster
from backend.kit.embedded.places import free_port, temporary_places
from backend.kit.embedded.redis import RedisServer
from backend.kit.migrate import upgrade
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.people import People, add_people

START_SECONDS = 30


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """Addresses and processes of a running platform."""

    cluster: Cluster
    redis: RedisServer
    data: Path
    postgres: int
    people: People

    @property
    def environment(self) -> dict[str, str]:
        """Environment of its API and worker processes."""
        url = self.cluster.url(APPLICATION, "onthaal")
        return {
            **os.environ,
            "DATABASE_URL": url,
            "REDIS_URL": self.redis.url(),
            "SMTP_URL": "smtp://127.0.0.1:1",
            "ONTHAAL_DATA": str(self.data),
            "ONTHAAL_LOG_LEVEL": "warning",
        }

    def administrator(self) -> str:
        """URL for asyncpg as superuser."""
        return self.cluster.url("postgres", "onthaal").replace("+asyncpg", "")


@contextmanager
def stack() -> Iterator[Stack]:
    """PostgreSQL (with fsync) and Redis with the newest schema and a small city."""
    with temporary_places() as places:
        cluster, redis = Cluster(places.postgres, places.run), RedisServer(places.redis, places.run)
        cluster.prepare()
        redis.prepare()
        postgres = cluster.start(places.log / "postgresql.log")
        cache = redis.start(places.log / "redis.log")
        try:
            cluster.wait_ready(START_SECONDS)
            redis.wait_ready(START_SECONDS)
            people = asyncio.run(_prepare(cluster, places.data))
            yield Stack(cluster=cluster, redis=redis, data=places.data, postgres=postgres.pid, people=people)
        finally:
            redis.stop(cache)
            cluster.stop(postgres)


async def _prepare(cluster: Cluster, data: Path) -> People:
    connection = await asyncpg.connect(cluster.url("postgres", "postgres").replace("+asyncpg", ""))
    await connection.execute("CREATE DATABASE onthaal")
    await connection.close()
    await upgrade(cluster.url("postgres", "onthaal"))
    issuer = development_issuer(Settings(data=str(data)))
    issuer.prepare()
    async with Database(cluster.url("postgres", "onthaal")) as database, database.transaction() as uow:
        return await add_people(uow, issuer)


@contextmanager
def served(
    running: Stack,
    target: str = "backend.app:create_app",
    *,
    workers: int = 2,
    environment: dict[str, str] | None = None,
) -> Iterator[tuple[int, int]]:
    """Granian with this application; gives port and process id."""
    port = free_port("127.0.0.1")
    command = [
        *(sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--host", "127.0.0.1"),
        *("--port", str(port), "--workers", str(workers), "--no-log", "--loop", "uvloop", target),
    ]
    process = subprocess.Popen(command, env=environment or running.environment, start_new_session=True)
    try:
        _wait(port, process)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=START_SECONDS)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(START_SECONDS * 10):
        if process.poll() is not None:
            raise RuntimeError("the API did not start")
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            time.sleep(0.5)  # the second worker
            return
    raise RuntimeError("the API is not ready")
