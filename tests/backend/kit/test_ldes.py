"""A stream is read whole from any of its pages; what is broken is refused with its reason and the rest goes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from backend.kit.ldes import LdesUnavailable, Limits, read_latest, read_members, read_stream, streams_at
from tests.backend.kit import streams
from tests.backend.kit.streams import Answer, page, serving

pytestmark = pytest.mark.anyio
LPDC = Path(__file__).parents[4] / "shared" / "data" / "lpdc" / "ldes"
BASE = "http://stad.example/doc/snapshots"


def snapshot(number: int, minute: int, **more: Any) -> dict[str, Any]:
    return {
        "@id": f"urn:snapshot:{number}-{minute}",
        "isVersionOf": f"urn:product:{number}",
        "generatedAtTime": f"2024-11-22T13:{minute:02}:00.123Z",
        **more,
    }


def chain(count: int) -> list[dict[str, Any]]:
    """Pages of two snapshots each."""
    return streams.chain(BASE, [[snapshot(2 * at, at), snapshot(2 * at + 1, at)] for at in range(count)])


def write(folder: Path, pages: list[dict[str, Any]]) -> list[Path]:
    paths = [folder / f"page-{at}.json" for at in range(len(pages))]
    for path, content in zip(paths, pages, strict=True):
        path.write_text(json.dumps(content))
    return paths


@pytest.mark.parametrize("start", [0, 2, 3])
async def test_every_page_is_reached_from_any_page(tmp_path: Path, start: int) -> None:
    paths = write(tmp_path, chain(4))
    read = await read_latest(str(paths[start]))
    assert {one["isVersionOf"] for one in read.members} == {f"urn:product:{number}" for number in range(8)}
    assert (read.pages, read.refused, read.complete) == (4, [], True)


async def test_folder_and_glob_read_all_their_files(tmp_path: Path) -> None:
    write(tmp_path, [page("urn:a?1", [snapshot(1, 1)]), page("urn:a?2", [snapshot(2, 1)])])
    assert len((await read_latest(str(tmp_path))).members) == 2
    assert len((await read_latest(f"{tmp_path}/*-1.json")).members) == 1


async def test_streams_in_one_folder_stay_apart(tmp_path: Path) -> None:
    nameless = {"member": [snapshot(4, 1)]}
    write(tmp_path, [page("urn:b?1", [snapshot(1, 1)]), page("urn:a?1", [snapshot(2, 1)]), nameless])
    assert await streams_at(str(tmp_path)) == ["urn:a", "urn:b"]
    assert await streams_at(str(tmp_path / "page-0.json")) == ["urn:b"]
    assert await streams_at(str(tmp_path / "nowhere")) == await streams_at("http://stad.example/") == []

    async def read(**how: Any) -> tuple[list[str], list[str], str | None]:
        found: list[str] = []
        done = await read_stream(
            str(tmp_path), lambda one: found.extend(each.version_of for each in one.members), **how
        )
        return found, [refusal.reason for refusal in done.refused if refusal.kind == "page"], done.stream

    unnamed, other = "it does not say of which stream it is", "a page of another stream, urn:"
    assert await read() == (["urn:product:1", "urn:product:4"], [f"{other}a"], "urn:b")
    assert await read(stream="urn:b") == (["urn:product:1"], [unnamed], "urn:b")
    assert await read(stream="urn:a") == (["urn:product:2"], [unnamed], "urn:a")
    assert await read(mixed=True) == ([f"urn:product:{number}" for number in (1, 2, 4)], [], "urn:b")


async def test_pages_that_are_numbered_in_their_path_are_of_one_stream(tmp_path: Path) -> None:
    pages = [page(f"/p/{number}", [snapshot(number, 1)], f"/p/{number + 1}") for number in range(3)]
    pages.append(page("/p/3", [snapshot(3, 1)]))
    write(tmp_path, pages)
    assert await streams_at(str(tmp_path)) == ["/p/0"]
    read = await read_latest(str(tmp_path))
    assert (len(read.members), read.pages, read.refused) == (4, 4, [])
    answers: dict[str, Answer] = {f"/p/{number}": json.dumps(one).encode() for number, one in enumerate(pages)}
    with serving(answers) as (address, _):
        read = await read_latest(f"{address}/p/0")
    assert (len(read.members), read.pages, read.refused) == (4, 4, [])


async def test_the_newest_snapshot_of_an_object_wins_wherever_it_stands(tmp_path: Path) -> None:
    newest, older, undated = snapshot(1, 9, naam="new"), snapshot(1, 2), snapshot(1, 3)
    undated["generatedAtTime"] = "yesterday"
    zoned = snapshot(2, 0, naam="zoned")
    zoned["generatedAtTime"] = "2024-11-22T10:30:00-04:00"  # 14:30 UTC
    path = write(tmp_path, [page("urn:a", [newest, zoned, older, snapshot(2, 59), undated])])[0]
    assert [one["naam"] for one in (await read_latest(str(path))).members] == ["new", "zoned"]
    moments = [member.generated_at for member in [one async for one in read_members(str(path))]]
    assert moments == sorted(moments)
    assert len(moments) == 5
    (notice,) = (await read_latest(str(path))).refused
    assert (notice.id, notice.kind) == ("urn:snapshot:1-3", "notice")
    assert notice.reason == 'generatedAtTime cannot be read as a moment: "yesterday"'


async def test_relative_and_missing_relations_in_files(tmp_path: Path) -> None:
    first = page(f"{BASE}?pageNumber=0", [snapshot(1, 1)], "?pageNumber=1", "?pageNumber=2", "/etc/passwd")
    paths = write(tmp_path, [first, page(f"{BASE}?pageNumber=1", [snapshot(2, 1)])])
    (tmp_path / "page-2.json").write_text("{ broken")
    read = await read_latest(str(paths[0]))
    assert len(read.members) == 2
    assert not read.complete
    assert [refusal.id for refusal in read.refused] == [f"{BASE}?pageNumber=2", "http://stad.example/etc/passwd"]
    assert "page-2.json" in read.refused[0].reason


async def test_broken_members_are_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    nameless, versionless = snapshot(1, 1), snapshot(2, 1)
    del nameless["@id"], versionless["isVersionOf"]
    path = write(tmp_path, [page("urn:a", [nameless, versionless, "text", None, snapshot(3, 1)])])[0]
    read = await read_latest(str(path))
    assert [one["@id"] for one in read.members] == ["urn:snapshot:3-1"]
    reasons = [refusal.reason for refusal in read.refused]
    assert reasons == ["no @id", "no isVersionOf", *["a member is not a JSON object"] * 2]
    assert read.refused[1].id == "urn:snapshot:2-1"
    assert read.complete


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b"[" * 100_000])
async def test_an_unreadable_source_is_unavailable(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "page.json"
    path.write_bytes(content)
    with pytest.raises(LdesUnavailable, match="cannot read"):
        await read_latest(str(path))
    with pytest.raises(LdesUnavailable, match="no page of an LDES at"):
        await read_latest(str(tmp_path / "other.json"))


async def test_single_values_where_lists_are_usual(tmp_path: Path) -> None:
    content = page("urn:a", [])
    content["member"] = {**snapshot(1, 1), "isVersionOf": {"@id": "urn:product:1"}}
    content["view"] = "urn:a"
    path = write(tmp_path, [content])[0]
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len((await read_latest(str(path))).members) == 1


async def test_over_http_with_key_relative_links_and_a_circle() -> None:
    bodies = {
        "/doc/s?pageNumber=1": json.dumps(page("/doc/s?pageNumber=1", [snapshot(1, 1)], "?pageNumber=0")).encode(),
        "/doc/s?pageNumber=0": json.dumps(
            page(
                "?pageNumber=0",
                [snapshot(2, 1)],
                "/doc/s?pageNumber=1#x",
                "http://elsewhere.example/s",
                "?pageNumber=7",
            )
        ).encode(),
    }
    with serving(bodies) as (address, seen):
        read = await read_latest(f"{address}/doc/s?pageNumber=1", api_key="geheim")
    assert len(read.members) == 2
    assert [one["path"] for one in seen] == [*bodies, "/doc/s?pageNumber=7", "/doc/s?pageNumber=8"]
    assert {(one["accept"], one["x-api-key"]) for one in seen} == {("application/ld+json", "geheim")}
    assert {refusal.reason for refusal in read.refused} == {"not on the origin of the stream", "status 404"}
    assert not read.complete


@pytest.mark.parametrize(
    ("answer", "reason"), [(500, "status 500"), (302, "moved to http://elsewhere"), (b"<html>", "JSON")]
)
async def test_http_failures_are_told_clearly(answer: bytes | int, reason: str) -> None:
    with serving({"/s": answer}) as (address, _), pytest.raises(LdesUnavailable, match=reason):
        await read_latest(f"{address}/s")


async def test_nobody_listens() -> None:
    with serving({}) as (address, _):
        pass
    with pytest.raises(LdesUnavailable, match="ConnectError"):
        await read_latest(f"{address}/s")


async def test_a_stream_without_end_stops_at_the_cap(tmp_path: Path) -> None:
    paths = write(tmp_path, chain(5))
    read = await read_stream(str(paths[0]), lambda _: None, limits=Limits(pages=3))
    assert read.pages == 3
    assert not read.complete
    assert read.refused[0].reason == "more than 3 pages"


@pytest.mark.skipif(not LPDC.exists(), reason="../shared/data/lpdc is not here")
@pytest.mark.parametrize(
    ("city", "products", "pages"), [("lochristi", 339, 7), ("hasselt", 90, 2), ("ruiselede", 86, 2)]
)
async def test_real_streams(city: str, products: int, pages: int) -> None:
    for start in range(pages):
        read = await read_latest(str(LPDC / f"{city}-page-{start}.json"))
        assert (len(read.members), read.pages, read.refused) == (products, pages, [])
