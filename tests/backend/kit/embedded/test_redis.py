import time
from collections.abc import Iterator

import pytest
import redis
from arq.connections import RedisSettings

from backend.kit.embedded.places import Places, temporary_places
from backend.kit.embedded.redis import RedisServer, temporary_redis

LOG = "redis.log"
WRITTEN_SECONDS = 10


@pytest.fixture
def places() -> Iterator[Places]:
    with temporary_places() as places:
        yield places


def kill_after(server: RedisServer, places: Places, **values: str) -> None:
    """Start, set values, kill -9 once they are in the file.

    While a disk is slow to sync, Redis answers first and writes up to two seconds later (`appendfsync everysec`).
    """
    process = server.start(places.log / LOG)
    server.wait_ready(10)
    with redis.Redis.from_url(server.url()) as client:
        for name, value in values.items():
            client.set(name, value)
    end, journal = time.monotonic() + WRITTEN_SECONDS, places.redis / "appendonly.aof"
    while not all(name.encode() in journal.read_bytes() for name in values):
        assert time.monotonic() < end, "never written"
        time.sleep(0.01)
    process.kill()
    process.wait()


def values_after_start(server: RedisServer, places: Places) -> dict[bytes, bytes]:
    server.prepare()
    process = server.start(places.log / LOG)
    try:
        server.wait_ready(10)
        with redis.Redis.from_url(server.url()) as client:
            return {name: client.get(name) for name in client.keys()}  # noqa: SIM118 (a Redis command)
    finally:
        server.stop(process)


def test_keeps_what_it_wrote_when_killed(places: Places) -> None:
    server = RedisServer(places.redis, places.run)
    kill_after(server, places, one="1", two="2")
    assert values_after_start(server, places) == {b"one": b"1", b"two": b"2"}


@pytest.mark.parametrize("tail", [b"*3\r\n$3\r\nSET\r\n$5\r\nthr", b"\0" * 100])
def test_starts_with_a_damaged_end_of_its_file(places: Places, tail: bytes) -> None:
    server = RedisServer(places.redis, places.run)
    kill_after(server, places, one="1")
    with (places.redis / "appendonly.aof").open("ab") as journal:
        journal.write(tail)
    assert values_after_start(server, places) == {b"one": b"1"}
    assert (places.redis / "appendonly.damaged").read_bytes().endswith(tail)


def test_sets_a_hopeless_file_aside_and_starts(places: Places) -> None:
    (places.redis / "appendonly.aof").write_bytes(b"REDIS0009 no snapshot follows")
    assert values_after_start(RedisServer(places.redis, places.run), places) == {}
    assert (places.redis / "appendonly.damaged").read_bytes() == b"REDIS0009 no snapshot follows"


def test_a_leftover_server_on_the_same_file_is_ended(places: Places) -> None:
    server = RedisServer(places.redis, places.run)
    left = server.start(places.log / LOG)
    server.wait_ready(10)
    server.prepare()
    assert left.wait(10) == 0


def test_settings_and_arq_url() -> None:
    with temporary_redis() as server:
        folder = server.data.parent
        with redis.Redis.from_url(server.url(3)) as client:
            settings = client.config_get("*")
        assert settings["appendonly"] == "yes"
        assert settings["appendfsync"] == "everysec"
        assert settings["maxmemory-policy"] == "noeviction"
        assert settings["save"] == ""
        assert settings["port"] == "0"
        arq = RedisSettings.from_dsn(server.url(3))
        assert (arq.unix_socket_path, arq.database) == (str(server.socket), 3)
    assert not folder.exists()
