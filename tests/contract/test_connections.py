"""A refused request gives its database connection back, clean: a pool that leaks stops the whole city."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from sqlalchemy.pool import QueuePool
from uuid_utils.compat import uuid7

from backend.app import Platform, create_litestar, development_issuer
from backend.kit.boundary import Boundary
from backend.kit.metrics import observe
from backend.settings import Settings
from tests.people import People, add_people

pytestmark = pytest.mark.anyio

ID = "01a20a74-3832-7324-be9b-f87934f57f1f"
KEY = {"Idempotency-Key": "k" * 20}
CODE = {"code": "nieuw", "name": "Nieuw"}
REFUSED: list[dict[str, Any]] = [
    {"method": "POST", "url": "/departments", "json": CODE},  # no key
    {"method": "POST", "url": "/departments", "json": CODE, "headers": {"Idempotency-Key": "short"}},
    {"method": "POST", "url": "/departments", "json": {}, "headers": KEY},
    {"method": "POST", "url": "/departments", "json": {**CODE, "parentId": ID}, "headers": KEY},
    {"method": "PATCH", "url": f"/departments/{ID}", "json": {}},  # no version
    {"method": "PATCH", "url": f"/departments/{ID}", "json": {}, "headers": {"If-Match": "x"}},
    {"method": "PATCH", "url": f"/departments/{ID}", "json": {}, "headers": {"If-Match": '"1"'}},
    {"method": "POST", "url": f"/questions/{ID}/close"},
    {"method": "GET", "url": "/departments?limit=0"},
    {"method": "GET", "url": "/departments?cursor=x"},
    {"method": "GET", "url": f"/departments?cursor={'x' * 600}"},
    {"method": "GET", "url": "/audit/entries?subject=x"},
    {"method": "GET", "url": "/departments?unknown=1"},
    {"method": "GET", "url": f"/customers/{ID}"},
]


@pytest.fixture
async def own_platform(own_database: str, redis_url: str, tmp_path: Path) -> Platform:
    return Platform(Settings(data=str(tmp_path), database_url=own_database, redis_url=redis_url))


@pytest.fixture
async def own_people(own_platform: Platform) -> People:
    async with own_platform.database.transaction() as uow:
        return await add_people(uow, development_issuer(own_platform.settings))


@asynccontextmanager
async def connected(platform: Platform, token: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application on a pool of real connections."""
    litestar = create_litestar(platform)
    app: Any = Boundary(litestar, observe=observe)
    transport = httpx.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        litestar.lifespan(),
        httpx.AsyncClient(transport=transport, base_url="http://core", headers=headers) as it,
    ):
        yield it


def _pool(platform: Platform) -> QueuePool:
    pool = platform.database.engine.pool
    assert isinstance(pool, QueuePool)
    return pool


@pytest.mark.parametrize("at_once", [1, 8])
async def test_refused_requests_leave_the_pool_whole(own_platform: Platform, own_people: People, at_once: int) -> None:
    async with connected(own_platform, own_people.tokens["administrator"]) as client:
        gc.disable()  # what only a collection gives back is lost until then
        try:
            for request in REFUSED * 3:
                async with anyio.create_task_group() as group:
                    for _ in range(at_once):
                        group.start_soon(_refused, client, request)
            assert _pool(own_platform).checkedout() <= 1, "the listener for changes keeps one, requests keep none"
        finally:
            gc.enable()
        for _ in range(30):
            response = await client.get("/departments")
            assert response.status_code == 200, response.text
        created = await client.post("/departments", json=CODE, headers={"Idempotency-Key": str(uuid7())})
        assert created.status_code == 201, created.text
    gc.collect()


async def _refused(client: httpx.AsyncClient, request: dict[str, Any]) -> None:
    response = await client.request(**request)
    assert 400 <= response.status_code < 500, (request, response.text)
