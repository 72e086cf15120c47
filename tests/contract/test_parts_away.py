"""What the API says and does when Redis or PostgreSQL is away (design 6): real servers, really stopped."""

import asyncio
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
import pytest

from backend.app import development_issuer
from backend.kit.embedded.cluster import Cluster
from backend.kit.embedded.places import Places, temporary_places
from backend.kit.embedded.redis import RedisServer
from backend.kit.migrate import upgrade
from backend.kit.roles import APPLICATION
from backend.settings import Settings
from tests.contract.city import City, add_city
from tests.contract.served import Served, serving

QUICK = 8.0
"""Seconds in which a failure is told: 2 for the connection, 1 for a slow machine."""
BACK = 20.0


class Site:
    """An installation whose parts can be stopped and started."""

    def __init__(self, places: Places) -> None:
        self.cluster = Cluster(places.postgres, places.run)
        self.redis = RedisServer(places.redis, places.run)
        self._log = places.log / "parts.log"
        self.cluster.prepare()
        self.start_cluster()
        self.start_redis()

    def start_cluster(self) -> None:
        self.cluster.prepare()
        self._postgres = self.cluster.start(self._log)
        self.cluster.wait_ready(30)

    def stop_cluster(self) -> None:
        self.cluster.stop(self._postgres)

    def start_redis(self) -> None:
        self.redis.prepare()
        self._redis = self.redis.start(Path(os.devnull))
        self.redis.wait_ready(30)

    def stop_redis(self) -> None:
        self.redis.stop(self._redis)

    async def create_database(self) -> str:
        url = self.cluster.url("postgres", "postgres")
        connection = await asyncpg.connect(url.replace("+asyncpg", ""))
        try:
            await connection.execute("CREATE DATABASE city")
        finally:
            await connection.close()
        await upgrade(self.cluster.url("postgres", "city"))
        return self.cluster.url(APPLICATION, "city")


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    with temporary_places() as places:
        made = Site(places)
        try:
            yield made
        finally:
            made.stop_redis()
            made.stop_cluster()


@pytest.fixture(scope="module")
def site_settings(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(
        data=str(tmp_path_factory.mktemp("site")),
        database_url=asyncio.run(site.create_database()),
        redis_url=site.redis.url(),
        smtp_url="smtp://127.0.0.1:1",
    )


@pytest.fixture(scope="module")
def site_city(site_settings: Settings) -> City:
    return asyncio.run(add_city(site_settings))


@pytest.fixture(scope="module")
def running(site_settings: Settings, site_city: City) -> Iterator[Served]:  # noqa: ARG001 people come first
    with serving(site_settings) as made:
        yield made


@pytest.fixture
def client(running: Served, site_city: City) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {site_city.token}"}
    with httpx.Client(base_url=running.url, headers=headers, timeout=20) as made:
        yield made


def timed(client: httpx.Client, path: str) -> httpx.Response:
    """The answer, which must come quickly."""
    started = time.monotonic()
    response = client.get(path)
    seconds = time.monotonic() - started
    assert seconds < QUICK, f"{path} took {seconds:.1f} s"
    return response


def until(client: httpx.Client, path: str, status: int) -> httpx.Response:
    """The answer as soon as it has this status."""
    deadline = time.monotonic() + BACK
    while (response := client.get(path)).status_code != status:
        assert time.monotonic() < deadline, f"{path} still answers {response.status_code}: {response.text}"
        time.sleep(0.05)
    return response


def test_mail_away_is_degraded(client: httpx.Client) -> None:
    """Nothing listens on the mail port of this site; letters wait in the outbox."""
    view = timed(client, "/health/ready")
    assert view.status_code == 200
    assert view.json() == {
        "status": "DEGRADED",
        "parts": {"postgresql": "UP", "keys": "UP", "redis": "UP", "mail": "DOWN", "search": "UP"},
    }


def test_redis_away_is_degraded_and_work_goes_on(client: httpx.Client, site: Site) -> None:
    site.stop_redis()
    try:
        view = timed(client, "/health/ready")
        assert view.status_code == 200
        assert view.json()["status"] == "DEGRADED"
        assert view.json()["parts"]["redis"] == "DOWN"
        taken = []
        for number in range(5):
            body = {"channel": "phone", "questions": [{"subject": f"Vraag {number}"}]}
            started = time.monotonic()
            created = client.post("/contacts", json=body, headers={"Idempotency-Key": f"redis-away-{number}"})
            assert created.status_code == 201, created.text
            taken.append(time.monotonic() - started)
        # the quickest, as the machine has more to do: who waits for Redis always waits a second
        assert min(taken) < 1, "a wake-up that cannot be sent makes nobody wait"
    finally:
        site.start_redis()
    deadline = time.monotonic() + BACK
    while timed(client, "/health/ready").json()["parts"]["redis"] != "UP":
        assert time.monotonic() < deadline, "Redis is back, and it does not see it"
        time.sleep(0.05)


def test_postgresql_away_is_down_and_everything_says_try_again(client: httpx.Client, site: Site) -> None:
    assert client.get("/me").status_code == 200
    site.stop_cluster()
    try:
        ready = timed(client, "/health/ready")
        assert ready.status_code == 503
        assert ready.json()["status"] == "DOWN"
        assert ready.json()["parts"]["postgresql"] == "DOWN"
        assert timed(client, "/health/live").json() == {"status": "UP"}
        for path in ("/me", "/departments", "/products", "/service-levels", "/audit/entries"):
            response = timed(client, path)
            assert response.status_code == 503, (path, response.text)
            assert response.headers["content-type"] == "application/problem+json"
            assert int(response.headers["retry-after"]) > 0
            assert response.json()["type"] == "urn:problem-type:belgif:serviceUnavailable"
        body = {"channel": "phone", "questions": [{"subject": "Vraag"}]}
        lost = client.post("/contacts", json=body, headers={"Idempotency-Key": "postgresql-away"})
        assert lost.status_code == 503
        assert timed(client, "/doc").status_code == 200
    finally:
        site.start_cluster()
    assert until(client, "/health/ready", 200).json()["parts"]["postgresql"] == "UP"
    until(client, "/me", 200)
    created = client.post("/contacts", json=body, headers={"Idempotency-Key": "postgresql-away"})
    assert created.status_code == 201, f"the same key again, as the answer said: {created.text}"


def test_postgresql_that_does_not_answer_is_told_in_time(site_settings: Settings, tmp_path: Path) -> None:
    """A host that takes connections and says nothing: what a firewall or a full machine looks like."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as silent:
        url = f"postgresql+asyncpg://onthaal_app@127.0.0.1:{silent.getsockname()[1]}/city"
        settings = Settings(
            data=str(tmp_path), database_url=url, redis_url=site_settings.redis_url, smtp_url=site_settings.smtp_url
        )
        with serving(settings) as served, httpx.Client(base_url=served.url, timeout=20) as client:
            assert timed(client, "/health/ready").status_code == 503
            assert timed(client, "/health/live").status_code == 200
            client.headers["Authorization"] = f"Bearer {development_issuer(settings).token('everyone')}"
            assert timed(client, "/me").status_code == 503
