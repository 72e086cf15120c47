"""Whatever a server does, reading ends, in bounded memory, with a reason for what was left out."""

import gzip
import json
import socket
import threading
import time
import tracemalloc
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from typing import Any

import httpx
import pytest

from backend.kit import ldes_http
from backend.kit.ldes import MIB, LdesUnavailable, Limits, StreamRead, read_latest, read_stream
from backend.kit.ldes_http import Fetcher, public
from tests.backend.kit.streams import Answer, page, published, serving, zipped

pytestmark = pytest.mark.anyio


def snapshot(number: int, **more: Any) -> dict[str, Any]:
    return {
        "@id": f"urn:s:{number}",
        "isVersionOf": f"urn:p:{number}",
        "generatedAtTime": "2025-01-01T10:00:00Z",
    } | more


async def reading(answers: dict[str, Answer], **limits: Any) -> tuple[StreamRead, list[str]]:
    came: list[str] = []
    with serving(answers) as (address, _):
        read = await read_stream(
            f"{address}/s?page=0",
            lambda page: came.extend(member.id for member in page.members),
            limits=Limits(**limits),
        )
    return read, came


async def test_a_broken_page_in_the_middle_does_not_hide_the_later_ones() -> None:
    pages = {f"/s?page={at}": json.dumps(page("", [snapshot(at)], f"?page={at + 1}")).encode() for at in range(5)}
    answers: dict[str, Answer] = {**pages, "/s?page=2": b'{"member": [{"@id": "x"', "/s?page=5": pages["/s?page=0"]}
    read, came = await reading(answers)
    assert came == ["urn:s:0", "urn:s:1", "urn:s:3", "urn:s:4", "urn:s:0"]
    assert not read.complete
    assert [(one.kind, one.id[-9:]) for one in read.refused] == [("page", "/s?page=2")]
    assert "truncated" in read.refused[0].reason


async def test_a_bomb_stops_at_the_limit() -> None:
    answers: dict[str, Answer] = {
        "/s?page=0": zipped(json.dumps(page("", [snapshot(1)], "?page=1", "?page=2", "?page=3")).encode()),
        "/s?page=1": zipped(b" " * (300 * MIB)),
        "/s?page=2": b" " * (3 * MIB),
        "/s?page=3": zipped(json.dumps(page("", [snapshot(2)])).encode()),
    }
    tracemalloc.start()
    read, came = await reading(answers, page_bytes=2 * MIB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert came == ["urn:s:1", "urn:s:2"]
    assert [one.reason for one in read.refused] == ["more than 2 MiB"] * 2
    assert peak < 20 * MIB


async def test_a_slow_drip_is_cut_off() -> None:
    stop = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not stop.wait(0.02):
            try:
                handler.wfile.write(b" ")
            except OSError:
                return

    good = json.dumps(page("", [snapshot(1)], "?page=1")).encode()
    started = time.monotonic()
    read, came = await reading({"/s?page=0": good, "/s?page=1": drip}, page_seconds=0.3)
    stop.set()
    assert (came, [one.reason for one in read.refused]) == (["urn:s:1"], ["no complete page within 0.3 s"])
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        ({"pages": 7}, "more than 7 pages"),
        ({"total_bytes": 2_000}, "more than 0 MiB in all"),
        ({"total_seconds": -1.0}, "not done within -1 s"),
    ],
)
async def test_a_stream_without_end_ends(limits: dict[str, Any], reason: str) -> None:
    answers: dict[str, Answer] = {
        f"/s?page={at}": json.dumps(page("", [snapshot(at)], f"?page={at + 1}")).encode() for at in range(20)
    }
    if "total_seconds" in limits:
        with pytest.raises(LdesUnavailable, match=reason):
            await reading(answers, **limits)
        return
    read, came = await reading(answers, **limits)
    assert 1 < len(came) < 10
    assert (read.refused[-1].reason, read.complete, read.bookmark) == (reason, False, None)


async def test_links_to_other_places_are_not_followed() -> None:
    links = (
        "http://127.0.0.1:1/s",
        "https://elsewhere.example/s",
        "file:///etc/passwd",
        "http://[::1/s",
        "http://127.0.0.1:99999/s",
    )
    read, came = await reading({"/s?page=0": json.dumps(page("", [snapshot(1)], *links)).encode()})
    assert came == ["urn:s:1"]
    assert {(one.id, one.reason) for one in read.refused} == {
        (link, "not on the origin of the stream") for link in links
    }
    assert (read.requests, read.complete) == (1, False)


async def test_members_stand_or_fall_by_themselves() -> None:
    deep: Any = "x"
    for _ in range(200):
        deep = [deep]
    members: list[Any] = [
        snapshot(1, text="a" * 10 * MIB),
        snapshot(2),
        snapshot(3, big=10**100),
        {"http://purl.org/dc/terms/isVersionOf": [{"@id": "urn:p:4"}], "@id": "urn:s:4"},
        17,
    ]
    body = json.dumps(page("", members)).encode()
    nested = b'{"@id": "urn:s:5", "isVersionOf": "urn:p:5", "x": ' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    surrogate = b'{"@id": "urn:s:6", "isVersionOf": "urn:p:6", "x": "Graffiti \\ud83d"}'
    number = b'{"@id": "urn:s:7", "isVersionOf": "urn:p:7", "x": 1e999}'
    binary = b'{"@id": "urn:s:8", "isVersionOf": "urn:p:8", "x": "\xff"}'
    body = body.replace(b" 17]", b", ".join([b" 17", nested, surrogate, number, binary]) + b"]")
    with serving({"/s?page=0": body}) as (address, _):
        read = await read_latest(f"{address}/s?page=0")
    assert {one["@id"] for one in read.members} == {"urn:s:2", "urn:s:3", "urn:s:6"}
    assert read.members[0]["x"] == "Graffiti \ufffd"
    reasons = {one.id.rpartition("/")[2]: one.reason for one in read.refused}
    assert reasons["urn:s:1"] == "10 MiB of text, at most 1 MiB is read"
    assert reasons["urn:s:4"] == "no isVersionOf (expanded JSON-LD is not read)"
    assert reasons["s?page=0#member-4"] == "a member is not a JSON object"
    assert reasons["urn:s:5"] == "nested too deep"
    assert all(reasons[f"urn:s:{number}"].startswith("not valid JSON") for number in (7, 8))
    assert read.complete


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'[{"@id": "urn:a"}]', r"expanded JSON-LD is not read"),
        (b'{"https://w3id.org/tree#member": []}', "expanded JSON-LD, only compact keys are read"),
        (b'{"status": "UP"}', "no member, view or relation"),
        (b"<html>", "not valid JSON"),
        (b'{"member": [' + b"1," * 1_000_001 + b"1]}", "more than 1000000 values"),
        (b'{"member": ' + b"[" * 200_000, "not valid JSON"),
    ],
)
async def test_what_is_no_page_is_told(body: bytes, reason: str) -> None:
    with pytest.raises(LdesUnavailable, match=reason):
        await reading({"/s?page=0": body})


async def test_bad_packing_is_refused() -> None:
    def claiming(packing: str, body: bytes) -> Answer:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(200)
            handler.send_header("Content-Encoding", packing)
            handler.end_headers()
            handler.wfile.write(body)

        return answer

    whole = gzip.compress(json.dumps(page("", [snapshot(1)])).encode())
    bad = {
        "packed as br": claiming("br", whole),
        "not valid gzip": claiming("gzip", b"this is no gzip"),
        "truncated gzip": claiming("gzip", whole[:-9]),
    }
    for reason, answer in bad.items():
        with pytest.raises(LdesUnavailable, match=reason):
            await reading({"/s?page=0": answer})


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "::1"),  # noqa: S104
        *("fe80::1", "fd00::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"),
    ],
)
def test_addresses_inside_are_known(address: str) -> None:
    assert not public(ip_address(address))


def test_addresses_outside_are_known() -> None:
    assert all(public(ip_address(one)) for one in ("193.190.1.1", "2a00:1450:400e::1", "64:ff9b::c1be:101"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "0x7f000001", "[::1]"])
async def test_this_machine_is_not_asked_unless_allowed(host: str) -> None:
    with serving(published("/s", [[snapshot(1)]])) as (address, seen):
        source = address.replace("127.0.0.1", host) + "/s?pageNumber=0"
        with pytest.raises(LdesUnavailable, match=r"an address inside the network|gaierror"):
            await read_stream(source, lambda _: None, private=False)
        assert not seen


async def test_a_name_is_pinned_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldes_http, "public", lambda _: True)
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        await Fetcher(client, "geheim", most=100, private=False).fetch("https://localhost:8443/s")
    (request,) = sent
    assert request.url.host in {"127.0.0.1", "::1"}
    assert (request.headers["host"], request.extensions["sni_hostname"]) == ("localhost:8443", "localhost")


async def test_the_key_goes_nowhere_else(unused_port: int) -> None:
    with serving({"/s?page=0": 302}) as (address, seen), pytest.raises(LdesUnavailable, match="moved to"):
        await read_stream(f"{address}/s?page=0", lambda _: None, api_key="geheim")
    assert len(seen) == 1
    with pytest.raises(LdesUnavailable, match="ConnectError"):
        await read_stream(f"http://127.0.0.1:{unused_port}/s", lambda _: None, api_key="geheim")


@pytest.fixture
def unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
