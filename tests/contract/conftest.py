"""The API as a process of its own, with a city in it."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest

from backend.kit.embedded.cluster import Cluster
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.conftest import copied
from tests.contract.city import City, add_city, fill
from tests.contract.served import Served, serving


@pytest.fixture(scope="session")
def served_settings(
    cluster: Cluster, template: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Settings:
    """Settings on a database of its own, in which requests really commit."""
    asyncio.run(_copy(cluster, template))
    return Settings(
        data=str(tmp_path_factory.mktemp("served")),
        database_url=cluster.url(APPLICATION, "served"),
        redis_url=redis_url,
        smtp_url="smtp://127.0.0.1:1",
    )


async def _copy(cluster: Cluster, template: str) -> None:
    connection = await asyncpg.connect(cluster.url("postgres", "postgres").replace("+asyncpg", ""))
    try:
        await connection.execute(copied("served", template))
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def people_of(served_settings: Settings) -> City:
    """Who and what is there before the first request."""
    return asyncio.run(add_city(served_settings))


@pytest.fixture(scope="session")
def served(served_settings: Settings, people_of: City) -> Iterator[Served]:  # noqa: ARG001 people come first
    """A running API."""
    with serving(served_settings) as running:
        yield running


@pytest.fixture(scope="session")
def city(served: Served, people_of: City) -> City:
    """The city with one of everything."""
    return fill(people_of, served.url)
