"""Calls to somebody else: every way in which they fail, how much they may take, and what the breaker learns from it."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from backend.kit.outgoing import Answer, Caller, CallFailed, tls_context
from tests.simulators.authority import Authority
from tests.simulators.server import Reply, Request, Simulator, server_context

pytestmark = pytest.mark.anyio


class Somebody:
    """A server that answers what a test tells it to."""

    def __init__(self) -> None:
        self.reply = Reply(body=b"hello")

    def __call__(self, _request: Request) -> Reply:
        return self.reply


@pytest.fixture
def somebody() -> Somebody:
    return Somebody()


@pytest.fixture
def server(somebody: Somebody) -> Iterator[Simulator]:
    with Simulator(somebody, None) as simulator:
        yield simulator


async def reason(caller: Caller, url: str) -> str:
    with pytest.raises(CallFailed) as failed:
        await caller.ask("GET", url, lambda answer: answer)
    return failed.value.reason


async def test_an_answer_is_given_to_who_reads_it(server: Simulator) -> None:
    caller = Caller(tls=None)
    answer = await caller.ask("POST", server.url, lambda got: got, content=b"asked", headers={"X-Trace": "1"})
    assert answer == Answer(status=200, body=b"hello")
    assert (server.requests[0].body, server.requests[0].headers["x-trace"]) == (b"asked", "1")
    await caller.close()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (Reply(status=429), "busy"),
        (Reply(status=502), "status"),
        (Reply(status=503), "status"),
        (Reply(status=504), "status"),
        (Reply(body=b"x" * 2000), "unreadable"),
        (Reply(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}), "unreadable"),
        (Reply(body=b"x" * 500, cut=10), "connection"),
        (Reply(wait=30.0), "timeout"),
    ],
)
async def test_every_failure_has_its_reason(server: Simulator, somebody: Somebody, reply: Reply, expected: str) -> None:
    somebody.reply = reply
    caller = Caller(tls=None, seconds=0.5 if reply.wait else 15.0, largest=1000)
    assert await reason(caller, server.url) == expected
    await caller.close()


async def test_nobody_there() -> None:
    caller = Caller(tls=None)
    assert await reason(caller, "http://127.0.0.1:1") == "connection"
    assert await reason(caller, "http://nobody.invalid") == "connection"
    await caller.close()


async def test_a_redirect_is_an_answer_not_a_way(server: Simulator, somebody: Somebody) -> None:
    somebody.reply = Reply(status=302, headers={"Location": "http://127.0.0.1:1/"})
    caller = Caller(tls=None)
    assert (await caller.ask("GET", server.url, lambda got: got)).status == 302
    assert len(server.requests) == 1
    await caller.close()


async def test_a_certificate_of_somebody_else_is_not_trusted(somebody: Somebody, tmp_path: Path) -> None:
    pair = Authority(tmp_path).server()
    with Simulator(somebody, server_context(pair.certificate_file, pair.key_file, clients=None)) as server:
        caller = Caller(tls=tls_context())
        assert await reason(caller, server.url) == "tls"
        await caller.close()


@pytest.mark.parametrize(("value", "wait"), [("7", 7.0), ("999999", 3600.0), ("soon", None), ("-5", None), ("", None)])
async def test_how_long_to_wait_is_told(server: Simulator, somebody: Somebody, value: str, wait: float | None) -> None:
    somebody.reply = Reply(status=503, headers={"Retry-After": value})
    caller = Caller(tls=None)
    with pytest.raises(CallFailed) as failed:
        await caller.ask("GET", server.url, lambda got: got)
    assert failed.value.retry_after == wait
    await caller.close()


async def test_an_exception_of_the_reader_is_an_answer_but_its_refusal_is_a_failure(server: Simulator) -> None:
    caller = Caller(tls=None)

    def no(_: Answer) -> None:
        raise LookupError

    def rubbish(_: Answer) -> None:
        raise CallFailed("unreadable")

    for _ in range(5):
        with pytest.raises(LookupError):
            await caller.ask("GET", server.url, no)
    caller.check()
    for _ in range(3):
        with pytest.raises(CallFailed):
            await caller.ask("GET", server.url, rubbish)
    assert caller.breaker.state == "open"
    with pytest.raises(CallFailed) as failed:
        caller.check()
    assert failed.value.reason == "resting"
    assert await reason(caller, server.url) == "resting"
    await caller.close()


async def test_who_is_cancelled_leaves_room_for_another(server: Simulator, somebody: Somebody) -> None:
    somebody.reply = Reply(wait=30.0)
    caller = Caller(tls=None, at_once=1)
    waiting = asyncio.create_task(caller.ask("GET", server.url, lambda got: got))
    await asyncio.sleep(0)
    assert await reason(caller, server.url) == "full"
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    somebody.reply = Reply(body=b"hello")
    assert (await caller.ask("GET", server.url, lambda got: got)).body == b"hello"
    await caller.close()
