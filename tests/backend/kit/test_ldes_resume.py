"""A stream is read on from where the last read stopped; when that place has changed, all is read again."""

import json
from typing import Any

import pytest

from backend.kit import ldes_http
from backend.kit.ldes import Bookmark, Contents, LdesUnavailable, StreamRead, read_stream
from tests.backend.kit.streams import Answer, page, published, refusing, serving

pytestmark = pytest.mark.anyio

PATH = "/doc/s"


def snapshot(number: int, minute: int = 0) -> dict[str, Any]:
    return {
        "@id": f"urn:snapshot:{number}-{minute}",
        "isVersionOf": f"urn:product:{number}",
        "generatedAtTime": f"2025-01-01T10:{minute:02}:00Z",
    }


class Reader:
    """Reads with the bookmark of the time before, and remembers which members came."""

    def __init__(self, address: str) -> None:
        self._source = f"{address}{PATH}?pageNumber=0"
        self.mark: Bookmark | None = None
        self.came: list[str] = []

    async def read(self) -> StreamRead:
        self.came = []
        read = await read_stream(self._source, self._take, bookmark=self.mark)
        self.mark = read.bookmark
        return read

    def _take(self, page: Contents) -> None:
        self.came += [member.id for member in page.members]


async def test_only_what_was_added_is_read_again() -> None:
    answers = published(PATH, [[snapshot(1), snapshot(2)], [snapshot(3)]])
    with serving(answers, tags=True) as (address, seen):
        reader = Reader(address)
        first = await reader.read()
        assert (first.mode, first.pages, len(reader.came)) == ("full", 2, 3)
        assert reader.mark is not None
        assert (reader.mark.page, reader.mark.seen) == (f"{address}{PATH}?pageNumber=1", ("urn:snapshot:3-0",))
        seen.clear()
        second = await reader.read()
        assert (second.mode, second.pages, second.requests, reader.came) == ("notModified", 0, 1, [])
        assert [one["path"] for one in seen] == [f"{PATH}?pageNumber=1"]
        assert "if-none-match" in seen[0]
        answers |= published(PATH, [[snapshot(1), snapshot(2)], [snapshot(3), snapshot(1, 5)], [snapshot(4)]])
        seen.clear()
        third = await reader.read()
        assert (third.mode, third.pages, reader.came) == ("resumed", 2, ["urn:snapshot:1-5", "urn:snapshot:4-0"])
        assert [one["path"] for one in seen] == [f"{PATH}?pageNumber={at}" for at in (1, 2)]
        assert (await reader.read()).mode == "notModified"


async def test_without_validators_the_last_page_is_compared() -> None:
    answers = published(PATH, [[snapshot(1)], [snapshot(2)]])
    with serving(answers) as (address, _):
        reader = Reader(address)
        await reader.read()
        again = await reader.read()
    assert (again.mode, again.pages, reader.came) == ("resumed", 1, [])


@pytest.mark.parametrize("now", [404, 410, 302, b"{", b'{"member": []}'])
async def test_a_stream_that_began_anew_is_read_whole(now: Answer) -> None:
    answers = published(PATH, [[snapshot(1)], [snapshot(2)]])
    with serving(answers) as (address, _):
        reader = Reader(address)
        await reader.read()
        answers |= published(PATH, [[snapshot(7)]]) | {f"{PATH}?pageNumber=1": now}
        again = await reader.read()
    assert (again.mode, reader.came) == ("full", ["urn:snapshot:7-0"])
    assert reader.mark is not None
    assert reader.mark.page.endswith("=0")


@pytest.mark.parametrize("now", [500, 401, 429])
async def test_a_server_in_trouble_is_no_reason_to_read_everything(now: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ldes_http, "PAUSE_SECONDS", 0.0)
    answers = published(PATH, [[snapshot(1)]])
    with serving(answers) as (address, seen):
        reader = Reader(address)
        await reader.read()
        answers[f"{PATH}?pageNumber=0"] = now
        seen.clear()
        with pytest.raises(LdesUnavailable, match=f"status {now}"):
            await reader.read()
        assert len(seen) == (3 if now == 429 else 1)


async def test_who_asks_to_wait_is_waited_for_or_left(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        answers[f"{PATH}?pageNumber=0"] = good

    monkeypatch.setattr("backend.kit.ldes_http.asyncio.sleep", sleep)
    answers = published(PATH, [[snapshot(1)], [snapshot(2)], [snapshot(3)]])
    good = answers[f"{PATH}?pageNumber=0"]
    answers[f"{PATH}?pageNumber=0"] = refusing(503, Retry_After="7")
    answers[f"{PATH}?pageNumber=1"] = refusing(429, Retry_After="3600")
    with serving(answers) as (address, _):
        reader = Reader(address)
        read = await reader.read()
    assert waits == [7.0]
    assert (read.retry_after, read.complete, read.bookmark, reader.came) == (3600.0, False, None, ["urn:snapshot:1-0"])


async def test_hydra_collections_are_followed_and_resumed() -> None:
    def collection(number: int, members: list[Any], *, last: bool) -> bytes:
        view = {"@id": f"{PATH}?pageNumber={number}", "hydraFirst": f"{PATH}?pageNumber=0"}
        view |= {} if last else {"hydraNext": f"{PATH}?pageNumber={number + 1}"}
        return json.dumps({"@type": "Collection", "hydraMember": members, "hydraView": view}).encode()

    first, second = f"{PATH}?pageNumber=0", f"{PATH}?pageNumber=1"
    answers: dict[str, Answer] = {
        first: collection(0, [snapshot(1)], last=False),
        second: collection(1, [snapshot(2)], last=True),
    }
    with serving(answers) as (address, seen):
        reader = Reader(address)
        assert ((await reader.read()).mode, len(reader.came)) == ("full", 2)
        answers[second] = collection(1, [snapshot(2), snapshot(3)], last=True)
        seen.clear()
        assert ((await reader.read()).mode, reader.came) == ("resumed", ["urn:snapshot:3-0"])
        assert [one["path"] for one in seen] == [second]


async def test_a_circle_has_no_last_page_and_is_read_whole_each_time() -> None:
    answers: dict[str, Answer] = {
        f"{PATH}?pageNumber={at}": json.dumps(
            page(f"{PATH}?pageNumber={at}", [snapshot(at)], f"{PATH}?pageNumber={(at + 1) % 3}")
        ).encode()
        for at in range(3)
    }
    with serving(answers) as (address, seen):
        reader = Reader(address)
        read = await reader.read()
        assert (read.pages, read.complete, read.bookmark, len(seen)) == (3, True, None, 3)
        assert [(one.kind, one.reason) for one in read.refused] == [("notice", "the pages go round: none is the last")]
        assert (await reader.read()).mode == "full"


async def test_relations_that_say_nothing_about_time_are_followed_but_not_resumed() -> None:
    tree = page(f"{PATH}?pageNumber=0", [snapshot(1)])
    tree["view"]["relation"] = [{"node": f"{PATH}?a", "@type": "Relation"}, {"node": f"{PATH}?b", "path": "naam"}]
    answers: dict[str, Answer] = {f"{PATH}?pageNumber=0": json.dumps(tree).encode()}
    answers |= {f"{PATH}?{leaf}": json.dumps(page(f"{PATH}?{leaf}", [snapshot(2)])).encode() for leaf in "ab"}
    with serving(answers) as (address, _):
        read = await Reader(address).read()
    assert (read.pages, read.complete, read.bookmark) == (3, True, None)


async def test_a_publisher_that_does_not_know_its_own_address_is_followed() -> None:
    base = f"http://hostname{PATH}"
    with serving(published(base, [[snapshot(1)], [snapshot(2)]])) as (address, _):
        read = await Reader(address).read()
    assert (read.pages, read.refused, read.stream) == (2, [], base)
