"""Sessions: ids nobody guesses or chooses, time-outs, sealed contents, lists and ends; in Redis and in memory."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
import redis.asyncio as redis

from backend.kit.clock import FixedClock
from backend.kit.configuration import SettingsInvalid
from backend.kit.problems import ProblemError
from bff.session.login import Transaction
from bff.session.model import CITIZEN, STAFF, Grant, Life
from bff.session.sessions import Sessions, mark
from bff.session.store import Store, store_of
from bff.settings import Channel

pytestmark = pytest.mark.anyio

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
GRANT = Grant(issuer="https://acm.example", subject="s-1", sid="sid-1", refresh="geheim-refresh")


@pytest.fixture(params=["redis", "memory"])
async def store(request: pytest.FixtureRequest, redis_url: str) -> AsyncIterator[Store]:
    made = store_of(redis_url if request.param == "redis" else "memory://", "agent")
    yield made
    await made.close()
    async with redis.Redis.from_url(redis_url) as client:
        for key in await client.keys("onthaal:*"):
            await client.delete(key)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def sessions(store: Store, clock: FixedClock) -> Sessions:
    return Sessions("agent", store, clock)


async def test_a_session_is_found_again_under_its_id_only(sessions: Sessions) -> None:
    token, made = await sessions.start("user-1", "An", known={"givenName": "An"}, grant=GRANT)
    assert await sessions.find(token) == made
    for strange in ("", "x", token[:-1], token + "a", made.id, hashlib.sha256(token.encode()).hexdigest()):
        assert await sessions.find(strange) is None


async def test_ids_are_256_random_bits_and_new_at_every_login(sessions: Sessions) -> None:
    tokens = {(await sessions.start("user-1", "An"))[0] for _ in range(20)}
    assert len(tokens) == 20
    assert {len(token) for token in tokens} == {43}


@pytest.mark.parametrize(("channel", "life"), [("agent", STAFF), ("widget", CITIZEN)])
async def test_a_session_ends_when_it_is_idle(store: Store, clock: FixedClock, channel: Channel, life: Life) -> None:
    sessions = Sessions(channel, store, clock)
    token, _ = await sessions.start("user-1", "An")
    clock.advance(life.idle - timedelta(seconds=1))
    assert await sessions.find(token) is not None
    clock.advance(life.idle)
    assert await sessions.find(token) is None
    clock.advance(-life.idle)
    assert await sessions.find(token) is None, "ended is ended"


@pytest.mark.parametrize(("channel", "life"), [("agent", STAFF), ("widget", CITIZEN)])
async def test_a_session_that_is_used_all_the_time_ends_too(
    store: Store, clock: FixedClock, channel: Channel, life: Life
) -> None:
    sessions = Sessions(channel, store, clock)
    token, _ = await sessions.start("user-1", "An")
    while clock.now() + life.idle / 2 < START + life.whole:
        clock.advance(life.idle / 2)
        assert await sessions.find(token) is not None
    clock.advance(life.idle / 2)
    assert await sessions.find(token) is None


async def test_time_left_is_the_shorter_of_both(sessions: Sessions, clock: FixedClock) -> None:
    _, made = await sessions.start("user-1", "An")
    assert sessions.seconds_left(made) == 3600
    clock.advance(timedelta(hours=9, minutes=30))
    assert sessions.seconds_left(msgspec.structs.replace(made, seen_at=clock.now())) == 1800


async def test_redis_holds_nothing_that_opens_a_session_or_says_who_it_is(redis_url: str, clock: FixedClock) -> None:
    store = store_of(redis_url, "widget")
    sessions = Sessions("widget", store, clock)
    token, _ = await sessions.start("visitor", "Jan Peeters", known={"ssin": "85073003328"}, grant=GRANT)
    secret = "transactie"
    await sessions.keep(secret, Transaction(state="st", nonce="no", verifier="geheim-verifier", back="/"), 60)
    async with redis.Redis.from_url(redis_url) as client:
        whole = b""
        for key in await client.keys("onthaal:widget:*"):
            whole += key + await client.dump(key)
            assert 0 < await client.ttl(key) <= 24 * 3600
            await client.delete(key)
    await store.close()
    assert len(whole) > 500
    for clear in (token, "Peeters", "85073003328", "geheim-refresh", "geheim-verifier", "s-1"):
        assert clear.encode() not in whole


async def test_a_sealed_session_counts_under_its_own_key_and_channel_only(store: Store, clock: FixedClock) -> None:
    sessions = Sessions("agent", store, clock)
    token, _ = await sessions.start("user-1", "An")
    other, _ = await sessions.start("user-2", "Bert")
    kept = await store.get(hashlib.sha256(token.encode()).hexdigest())
    assert kept is not None
    assert await store.replace(hashlib.sha256(other.encode()).hexdigest(), kept.sealed)
    assert await sessions.find(other) is None, "another's content under this key does not open"
    assert await Sessions("widget", store, clock).find(token) is None, "a session of another channel is none"


async def test_what_was_kept_is_given_once(sessions: Sessions) -> None:
    made = Transaction(state="s", nonce="n", verifier="v", back="/x")
    await sessions.keep("geheim", made, 60)
    assert await sessions.take("anders", Transaction) is None
    taken = await asyncio.gather(*(sessions.take("geheim", Transaction) for _ in range(10)))
    assert [one for one in taken if one is not None] == [made]


async def test_one_of_many_is_the_first(sessions: Sessions) -> None:
    found = await asyncio.gather(*(sessions.first("zelfde", 60) for _ in range(20)))
    assert found.count(True) == 1
    await sessions.done("zelfde")
    assert await sessions.first("zelfde", 60)


async def test_an_administrator_lists_and_ends(sessions: Sessions, clock: FixedClock) -> None:
    first, one = await sessions.start("user-1", "An")
    clock.advance(timedelta(minutes=5))
    second, two = await sessions.start("user-2", "Bert")
    assert [card.id for card in await sessions.listed()] == [two.id, one.id]
    clock.advance(timedelta(minutes=5))
    await sessions.find(first)
    listed = await sessions.listed()
    assert [(card.id, card.subject, card.seen_at) for card in listed] == [
        (one.id, "user-1", START + timedelta(minutes=10)),
        (two.id, "user-2", START + timedelta(minutes=5)),
    ]
    assert await sessions.kill(one.id)
    assert not await sessions.kill(one.id)
    assert await sessions.find(first) is None
    assert await sessions.find(second) is not None


async def test_logging_out_at_the_provider_ends_its_sessions_only(sessions: Sessions) -> None:
    tokens = [
        (await sessions.start("user-1", "An", grant=msgspec.structs.replace(GRANT, sid=sid)))[0] for sid in ("a", "b")
    ]
    stranger = msgspec.structs.replace(GRANT, issuer="https://elders.example", sid="a")
    tokens.append((await sessions.start("user-9", "Piet", grant=stranger))[0])
    assert await sessions.end_marked(mark("sid", GRANT.issuer, "a")) == 1
    assert [await sessions.find(token) is not None for token in tokens] == [False, True, True]
    assert await sessions.end_marked(mark("sub", GRANT.issuer, GRANT.subject)) == 1
    assert [await sessions.find(token) is not None for token in tokens] == [False, False, True]


async def test_a_session_that_ended_is_not_written_back(sessions: Sessions, clock: FixedClock) -> None:
    token, made = await sessions.start("user-1", "An")
    await sessions.end(token)
    assert not await sessions.replace(token, made)
    clock.advance(timedelta(minutes=1))
    assert await sessions.find(token) is None
    assert await sessions.listed() == []


async def test_redis_forgets_which_sessions_there_were(redis_url: str, clock: FixedClock) -> None:
    store = store_of(redis_url, "widget")
    sessions = Sessions("widget", store, clock)
    async with redis.Redis.from_url(redis_url) as client:
        for _ in range(40):
            await sessions.start("visitor", "Jan", grant=GRANT)
            clock.advance(timedelta(hours=2))
            for key in await client.keys("onthaal:widget:session:*"):
                await client.delete(key)  # as they end by themselves
        sizes = [len(await client.dump(key)) for key in await client.keys("onthaal:widget:*")]
        for key in await client.keys("onthaal:widget:*"):
            await client.delete(key)
    await store.close()
    assert len(sizes) == 3
    assert max(sizes) < 20 * 100


async def test_without_redis_the_answer_is_to_come_back_later(clock: FixedClock) -> None:
    store = store_of("redis://127.0.0.1:1/0", "agent")
    sessions = Sessions("agent", store, clock)
    for wanted in (sessions.find("x" * 43), sessions.start("user-1", "An"), sessions.listed(), sessions.first("x", 5)):
        with pytest.raises(ProblemError) as refused:
            await wanted
        assert refused.value.status == 503
    await store.close()


def test_an_address_of_nothing_we_know_is_refused() -> None:
    with pytest.raises(SettingsInvalid, match="sessions"):
        store_of("http://elders", "agent")
