"""The test base: real PostgreSQL and Redis of this machine, a template database, one rolled-back transaction per test.

Each xdist worker has its own embedded cluster. The template is built by the migrations, the test database is a copy.
Every response that passes through `Client` is checked against the committed API description.
"""

import asyncio
import gc
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy import PoolProxiedConnection
from uuid_utils.compat import uuid7

from backend.app import Platform, development_issuer
from backend.kit.db import Database, UnitOfWork, cast_connection
from backend.kit.embedded.cluster import Cluster, temporary_cluster
from backend.kit.embedded.redis import temporary_redis
from backend.kit.migrate import upgrade
from backend.kit.reach import EVERYTHING, NOTHING, Reach, statement
from backend.kit.roles import APPLICATION, INTAKE
from backend.settings import Settings
from tests.applications import running
from tests.description import DescriptionCheck
from tests.people import People, add_people
from tests.samples import PERSON

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
LONG = {"contract", "reliability"}
MEMORY = Path("/dev/shm")  # noqa: S108 a folder of its own is made in it
ROOM = 4 << 30
"""Bytes; a cluster takes a few hundred million."""
OUTER = "/* the reach of the test again */"
"""Marks a statement that only tests send."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes minutes begins first: at the end short tests are left, which two workers share evenly."""
    items.sort(key=lambda item: item.path.relative_to(ROOT / "tests").parts[0] not in LONG)


def pytest_collection_finish() -> None:
    """What is there now stays until the end: the collector of garbage need not look at it again and again."""
    gc.collect()
    gc.freeze()


def memory() -> Path | None:
    """A folder in memory with room for a cluster, where there is one: databases are copied much quicker there."""
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free > ROOM and os.access(MEMORY, os.W_OK) else None
    except OSError:
        return None


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    with temporary_cluster(memory()) as made:
        yield made


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    with temporary_redis() as server:
        yield server.url()


async def _sql(cluster: Cluster, *statements: str) -> None:
    connection = await asyncpg.connect(cluster.url("postgres", "postgres").replace("+asyncpg", ""))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def copied(name: str, template: str) -> str:
    """SQL that makes a database as a copy; as files, a third of the work of sending it all through the log."""
    return f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """A database with every table and nothing in it."""
    asyncio.run(_sql(cluster, "CREATE DATABASE template_onthaal"))
    asyncio.run(upgrade(cluster.url("postgres", "template_onthaal")))
    return "template_onthaal"


@pytest.fixture(scope="session")
def database_url(cluster: Cluster, template: str) -> str:
    """The database whose transactions are rolled back after each test."""
    asyncio.run(_sql(cluster, copied("onthaal_test", template)))
    return cluster.url(APPLICATION, "onthaal_test")


@pytest.fixture
def own_database(cluster: Cluster, template: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A database of its own, for tests with several connections or real commits; URL as the application role."""
    name = f"own_{abs(hash(request.node.nodeid))}"
    asyncio.run(_sql(cluster, copied(name, template)))
    yield cluster.url(APPLICATION, name)
    asyncio.run(_sql(cluster, f'DROP DATABASE "{name}" WITH (FORCE)'))


class RolledBack(Database):
    """A database whose units of work are savepoints of one transaction that is never committed."""

    pooled: PoolProxiedConnection | None = None
    reach: Reach = NOTHING

    @asynccontextmanager
    async def begin(self, reach: Reach = NOTHING) -> AsyncIterator[UnitOfWork]:
        """As on a connection of its own: what a unit of work may see ends with it, also when it is a savepoint."""
        outer, self.reach = self.reach, reach
        try:
            async with super().begin(reach) as uow:
                yield uow
        finally:
            self.reach = outer
            if self.pooled is not None and outer != reach and self.pooled.driver_connection is not None:
                await cast_connection(self.pooled).execute(f"{statement(outer)} {OUTER}")

    @asynccontextmanager
    async def acquire(self) -> AsyncIterator[PoolProxiedConnection]:
        if self.pooled is None:
            async with self.dedicated() as pooled:
                yield pooled
        else:
            yield self.pooled

    @asynccontextmanager
    async def kept_open(self) -> AsyncIterator[None]:
        async with self.dedicated() as pooled:
            transaction = pooled.driver_connection.transaction()  # type: ignore[union-attr]
            await transaction.start()
            self.pooled = pooled
            try:
                yield
            finally:
                self.pooled = None
                await transaction.rollback()


class Forgetting(Database):
    """A database that forgets what was committed: for the role of the public form, on a connection of its own."""

    @asynccontextmanager
    async def begin(self, reach: Reach = NOTHING) -> AsyncIterator[UnitOfWork]:
        async with self.dedicated() as pooled:
            transaction = cast_connection(pooled).transaction()
            await transaction.start()
            uow = UnitOfWork(self, pooled, reach)
            try:
                await uow.start()
                yield uow
            finally:
                await uow.close()
                await transaction.rollback()


@pytest.fixture(scope="session")
def settings(redis_url: str, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    data = tmp_path_factory.mktemp("data")
    return Settings(data=str(data), database_url=database_url, redis_url=redis_url, smtp_url="smtp://127.0.0.1:1")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[RolledBack]:
    """One transaction around the whole test."""
    async with RolledBack(database_url, role=APPLICATION) as made, made.kept_open():
        yield made


@pytest.fixture
async def platform(settings: Settings, database: RolledBack) -> Platform:
    made = Platform(settings, database)
    made.intake = Forgetting(settings.intake_url, role=INTAKE)
    return made


@pytest.fixture
async def uow(database: RolledBack) -> AsyncIterator[UnitOfWork]:
    """A unit of work to arrange and to look with."""
    async with database.begin(EVERYTHING) as unit:
        yield unit


class Client(httpx.AsyncClient):
    """HTTP on the application in this process; checks every response against `openapi/core.json`."""

    def __init__(self, app: Any, check: DescriptionCheck, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        super().__init__(transport=httpx.ASGITransport(app=app), base_url="http://core", headers=headers)
        self._check = check
        self._app = app

    async def send(self, request: httpx.Request, **options: Any) -> httpx.Response:
        response = await super().send(request, **options)
        self._check(request, response)
        return response

    def as_user(self, token: str) -> "Client":
        return Client(self._app, self._check, token)


@pytest.fixture(scope="session")
def description() -> DescriptionCheck:
    return DescriptionCheck(ROOT / "openapi" / "core.json")


@pytest.fixture
async def people(platform: Platform) -> People:
    """Departments and a user of every role, in this test's transaction."""
    async with platform.database.begin() as unit:
        made = await add_people(unit, development_issuer(platform.settings))
        await unit.commit()
    return made


@pytest.fixture
async def anonymous(platform: Platform, description: DescriptionCheck) -> AsyncIterator[Client]:
    """A client without a token."""
    async with running(platform) as app, Client(app, description) as client:
        yield client


@pytest.fixture
async def agent(anonymous: Client, people: People) -> Client:
    """The contact centre's agent."""
    return anonymous.as_user(people.tokens["agent"])


@pytest.fixture
async def product(uow: UnitOfWork, people: People) -> UUID:
    """A product whose responsible department is civil affairs."""
    product_id = uuid7()
    await uow.execute(
        """INSERT INTO product (id, source, external_id, snapshot_id, facts, content_hash, generated_at, status,
                                imported_at, created_at)
           VALUES ($1, 'test', 'x', 's', '{}', '\\x00', now(), 'published', now(), now())""",
        product_id,
    )
    await uow.execute(
        "INSERT INTO product_city (product_id, department_id) VALUES ($1, $2)",
        product_id,
        people.departments["burgerzaken"],
    )
    return product_id


@pytest.fixture
async def registered(agent: Client, product: UUID) -> dict[str, object]:
    """A routed question of a new customer, as registering the contact answered it."""
    body = {
        "channel": "phone",
        "customer": PERSON,
        "questions": [{"subject": "Reispas voor mijn zoon", "text": "Hoe lang duurt het?", "productId": str(product)}],
    }
    response = await agent.post("/contacts", json=body, headers={"Idempotency-Key": "registered-0001"})
    assert response.status_code == 201, response.text
    contact: dict[str, object] = response.json()
    return contact
