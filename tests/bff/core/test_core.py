"""Transports give the same answers, nothing is sent twice, tokens say for whom, networks are what the proxy says."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import jwt
import msgspec
import pytest

from backend.app import Platform
from backend.kit.problems import ProblemError
from backend.platform import channel_issuer
from bff.core.client import Caller, Core, Operation, ProblemRelayed
from bff.core.network import Networks
from bff.core.tokens import CallTokens
from bff.core.transport import MOST, CoreAway, HttpTransport, InProcess, Received, Sent, Transport
from tests.applications import running
from tests.people import People

pytestmark = pytest.mark.anyio

GET_ME = Operation("getMe", "GET", "/me", msgspec.Raw)
GET_QUESTION = Operation("getQuestion", "GET", "/questions/{question_id}", msgspec.Raw)
REGISTER = Operation("registerContact", "POST", "/contacts", msgspec.Raw)
SLOW = 0.2


@pytest.fixture
async def app(platform: Platform) -> AsyncIterator[Any]:
    async with running(platform) as made:
        yield made


@pytest.fixture
def tokens(platform: Platform) -> CallTokens:
    channel_issuer(platform.settings, "agent").prepare()
    return CallTokens("agent", Path(platform.settings.data) / "keys" / "channel-agent" / "key.pem")


def over_http(app: Any, seconds: float = 5) -> HttpTransport:
    """The real transport, with the socket left out."""
    transport = HttpTransport("http://core", seconds)
    transport._client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://core")
    return transport


async def test_both_transports_give_the_same_answers(app: Any, tokens: CallTokens, people: People) -> None:
    answers: list[list[Any]] = []
    caller = Caller(subject=str(people.users["agent"]), trace=str(uuid4()))
    for transport in (over_http(app), InProcess(app, 5)):
        core = Core(transport, tokens)
        me = await core.call(GET_ME, caller)
        with pytest.raises(ProblemRelayed) as missing:
            await core.get(GET_QUESTION, caller, question_id=uuid4())
        with pytest.raises(ProblemRelayed) as refused:
            await core.send(REGISTER, caller, path={}, query={}, body=b"{}", headers=[])
        problems = [msgspec.json.decode(one.value.answer.body) for one in (missing, refused)]
        for problem in problems:
            del problem["instance"]
        answers.append([me.status, msgspec.json.decode(me.value), me.headers["belgov-trace-id"], *problems])
        await core.close()
    assert answers[0] == answers[1]
    assert answers[0][2] == caller.trace
    assert answers[0][3]["status"] == 404


class Counting:
    """An application that counts requests, and answers late or badly."""

    def __init__(self, status: int, seconds: float = 0) -> None:
        self.asked = 0
        self._status = status
        self._seconds = seconds

    async def __call__(self, _scope: Any, _receive: Any, send: Any) -> None:
        self.asked += 1
        await asyncio.sleep(self._seconds)
        await send({"type": "http.response.start", "status": self._status, "headers": [(b"retry-after", b"3")]})
        await send({"type": "http.response.body", "body": b"{}"})


@pytest.mark.parametrize("make", [over_http, InProcess])
async def test_a_core_that_is_slow_is_a_502_in_time_and_asked_once(make: Any, tokens: CallTokens) -> None:
    app = Counting(200, seconds=5)
    core, began = Core(make(app, SLOW), tokens), time.monotonic()
    with pytest.raises(ProblemError) as failed:
        await core.send(REGISTER, Caller(subject="visitor", trace="x"), path={}, query={}, body=b"{}", headers=[])
    assert (failed.value.status, app.asked) == (502, 1)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize("make", [over_http, InProcess])
async def test_a_core_that_fails_is_a_502_with_when_to_try_again(make: Any, tokens: CallTokens) -> None:
    app = Counting(503)
    with pytest.raises(ProblemError) as failed:
        await Core(make(app, 5), tokens).call(GET_ME, Caller(subject="visitor", trace="x"))
    assert (failed.value.status, failed.value.headers, app.asked) == (502, {"Retry-After": "3"}, 1)


async def test_a_core_that_is_not_there_is_a_502(tokens: CallTokens) -> None:
    transport: Transport = HttpTransport("http://127.0.0.1:1", 2)
    with pytest.raises(CoreAway):
        await transport.send(Sent(method="GET", path="/me", headers=[]))
    with pytest.raises(ProblemError) as failed:
        await Core(transport, tokens).call(GET_ME, Caller(subject="visitor", trace="x"))
    assert failed.value.status == 502
    await transport.close()


def test_an_answer_that_is_not_as_described_is_a_502() -> None:
    class Me(msgspec.Struct):
        id: str

    with pytest.raises(ProblemError) as failed:
        Operation("getMe", "GET", "/me", Me).read(Received(status=200, headers={}, body=b'{"id": 3}'))
    assert failed.value.status == 502
    Operation.every.pop()


def test_addresses_are_encoded() -> None:
    assert GET_QUESTION.address({"question_id": "a/b?c"}, {}) == "/questions/a%2Fb%3Fc"
    query: dict[str, Any] = {"q": "a b&c", "limit": 5, "only": None, "open": True, "many": ["x", "y"]}
    assert GET_ME.address({}, query) == "/me?q=a+b%26c&limit=5&open=true&many=x&many=y"


@pytest.mark.parametrize("strange", ["..", ".", ""])
def test_no_parameter_leads_to_another_operation(strange: str) -> None:
    with pytest.raises(ProblemError) as refused:
        GET_QUESTION.address({"question_id": strange}, {})
    assert refused.value.status == 404


@pytest.mark.parametrize("make", [over_http, InProcess])
async def test_headers_arrive_as_they_came(make: Any, tokens: CallTokens) -> None:
    arrived: list[Any] = []

    async def app(scope: Any, _receive: Any, send: Any) -> None:
        arrived.extend(scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"{}"})

    caller = Caller(subject="visitor", trace="x")
    await Core(make(app, 5), tokens).call(GET_ME, caller, headers=[("if-match", "\xe9")])
    assert (b"if-match", b"\xe9") in arrived


async def test_who_waits_for_something_to_happen_keeps_nobody_waiting() -> None:
    release, waiting = asyncio.Event(), asyncio.Semaphore(0)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = await reader.readuntil(b"\r\n\r\n")
        if asked.startswith(b"GET /me/changes"):
            waiting.release()
            await release.wait()
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=MOST * 2)
    transport = HttpTransport(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", 30)
    streams = [
        asyncio.create_task(transport.send(Sent(method="GET", path="/me/changes", headers=[], waits=True)))
        for _ in range(MOST + 10)
    ]
    async with asyncio.timeout(20):
        for _ in streams:
            await waiting.acquire()
        assert (await transport.send(Sent(method="GET", path="/me", headers=[]))).status == 200
        release.set()
        assert {one.status for one in await asyncio.gather(*streams)} == {200}
    await transport.close()
    server.close()


async def test_a_token_says_for_whom_and_lives_a_minute(tokens: CallTokens) -> None:
    claims = jwt.decode(tokens.token("visitor", "abc"), options={"verify_signature": False})
    assert (claims["sub"], claims["azp"], claims["net"]) == ("visitor", "agent", "abc")
    assert claims["exp"] - claims["iat"] == 60
    assert tokens.token("visitor", "abc") == tokens.token("visitor", "abc")
    assert tokens.token("visitor", "abc") != tokens.token("channel", "abc")


async def test_the_core_takes_no_token_of_another_key(app: Any, platform: Platform) -> None:
    channel_issuer(platform.settings, "widget").prepare()
    key = Path(platform.settings.data) / "keys" / "channel-widget" / "key.pem"
    forged = CallTokens("agent", key)
    with pytest.raises(ProblemError) as refused:
        await Core(InProcess(app, 5), forged).call(GET_ME, Caller(subject="channel", trace="x"))
    assert refused.value.status == 502, "a 401 would send everybody to the login, and that helps nobody"


async def test_who_is_no_colleague_any_more_hears_so(app: Any, tokens: CallTokens) -> None:
    with pytest.raises(ProblemRelayed) as refused:
        await Core(InProcess(app, 5), tokens).call(GET_ME, Caller(subject=str(uuid4()), trace="x"))
    assert refused.value.answer.status == 401


def _scope(peer: str, *told: str) -> Any:
    return {"client": (peer, 1), "headers": [(b"x-forwarded-for", one.encode()) for one in told]}


def test_a_network_is_a_neighbourhood_and_no_address() -> None:
    networks = Networks(b"key", 0)
    assert networks.of(_scope("192.0.2.7")) == networks.of(_scope("192.0.2.200"))
    assert networks.of(_scope("192.0.2.7")) == networks.of(_scope("::ffff:192.0.2.9"))
    assert networks.of(_scope("192.0.2.7")) != networks.of(_scope("192.0.3.7"))
    assert networks.of(_scope("2001:db8:1::1")) == networks.of(_scope("2001:db8:1:ffff::1"))
    assert networks.of(_scope("192.0.2.7")) != Networks(b"other", 0).of(_scope("192.0.2.7"))


def test_only_what_trusted_proxies_add_counts() -> None:
    forged = _scope("10.0.0.1", "203.0.113.5, 198.51.100.7")
    assert Networks(b"key", 0).of(forged) == Networks(b"key", 0).of(_scope("10.0.0.1"))
    assert Networks(b"key", 1).of(forged) == Networks(b"key", 0).of(_scope("198.51.100.7"))
    assert Networks(b"key", 2).of(forged) == Networks(b"key", 0).of(_scope("203.0.113.5"))
