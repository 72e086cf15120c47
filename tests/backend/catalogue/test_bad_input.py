"""Rubbish in a stream costs only itself: told per item, the rest comes in, searching finds it, memory stays sane."""

import json
import tracemalloc
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from backend.app import Platform
from backend.catalogue.imports.schemas import ImportReport
from backend.catalogue.rules import SnapshotRefused, product_facts
from backend.kit.db import UnitOfWork
from backend.kit.ldes import MIB
from tests.backend.catalogue.conftest import run_import, snapshot
from tests.backend.kit.streams import Answer, page, serving
from tests.conftest import Client

pytestmark = pytest.mark.anyio

BASE = "/doc/s"
SCRIPTS = (
    '<p onclick="x()" style="color:red">Kom <img src=x onerror=alert(1)><script>alert(2)</script>langs</p>'
    '<a href="https://stad.example/x">goed</a>'
    '<a href="javascript:alert(3)">hier</a><a href="JaVa&#115;cript:alert(4)">daar</a><svg onload=alert(5)>'
    '<iframe src="https://dief.example"></iframe>'
)

Import = Callable[[list[bytes]], Awaitable[ImportReport]]


@pytest.fixture(params=["files", "http"])
def importing(request: pytest.FixtureRequest, platform: Platform, tmp_path: Path) -> Iterator[Import]:
    """Imports pages, from files or from a real server."""
    if request.param == "files":

        async def from_files(pages: list[bytes]) -> ImportReport:
            for at, body in enumerate(pages):
                (tmp_path / f"page-{at}.json").write_bytes(body)
            return await run_import(platform, tmp_path / "page-0.json", name="stad")

        yield from_files
        return
    answers: dict[str, Answer] = {}
    with serving(answers) as (address, _):

        async def from_server(pages: list[bytes]) -> ImportReport:
            answers.update({f"{BASE}?pageNumber={at}": body for at, body in enumerate(pages)})
            return await run_import(platform, f"{address}{BASE}?pageNumber=0", name="stad")

        yield from_server


def chained(*pages: list[Any], **more: Any) -> list[bytes]:
    """Pages that each point at the next."""
    names = [f"{BASE}?pageNumber={at}" for at in range(len(pages))]
    return [
        json.dumps(page(names[at], members, *names[at + 1 : at + 2], **more)).encode()
        for at, members in enumerate(pages)
    ]


def reasons(report: ImportReport) -> dict[str, str]:
    return {one.id.rpartition(":")[2]: one.reason for one in report.refusals if one.kind == "snapshot"}


async def found(agent: Client, words: str) -> set[str]:
    answer = await agent.get("/products", params={"q": words})
    assert answer.status_code == 200, answer.text
    return {one["title"] for one in answer.json()["items"]}


BAD: dict[str, tuple[dict[str, Any], str | None]] = {
    "no name": ({"naam": None}, "no name in any language"),
    "a name that says nothing": ({"naam": {"nl": "-"}}, "no name in any language"),
    "a name in another language only": ({"naam": {"en": "Slurry permit"}}, None),
    "an enormous description": (
        {"beschrijving": {"nl": "a" * 10 * MIB}},
        "10 MiB of text, at most 1 MiB is read",
    ),
    "a long description": (
        {"beschrijving": {"nl": "a" * 200_000}},
        "200000 characters in one text, at most 100000 are read",
    ),
    "a long name": ({"naam": {"nl": "a" * 6_000}}, "6000 characters on one line, at most 5000 are read"),
    "a concept": ({"@type": ["ConceptSnapshot"]}, "a ConceptSnapshot, not an InstantieSnapshot"),
    "keywords without end": (
        {"zoektermen": {"nl": [f"w{at}" for at in range(100_000)]}},
        "100000 keywords, at most 1000 are read",
    ),
    "conditions without end": (
        {"voorwaarden": [{"naam": {"nl": "x"}}] * 5_000},
        "5000 items in one list, at most 500 are read",
    ),
    "languages without end": (
        {"naam": {f"x{at}": "naam" for at in range(1_000)}},
        "1000 languages of one text, at most 50 are read",
    ),
    "tags without end": ({"beschrijving": {"nl": "<p>" * 9_000}}, "HTML: more than 5000 tags"),
    "NUL in an id": ({"linkedConcept": "urn:\u0000"}, "a NUL character"),
    "an id without end": ({"isVersionOf": "urn:" + "x" * 3_000}, "an id of more than 1500 bytes"),
    "a snapshot of the future": ({"generatedAtTime": "2999-01-01T00:00:00Z"}, "generatedAtTime lies in the future"),
    "invalid dates": ({"generatedAtTime": "gisteren", "startDienstVerlening": "0001-01-01T00:00:00+14:00"}, None),
    "huge numbers": ({"kosten": [{"naam": {"nl": "Prijs"}, "order": 10**60}], "productnummer": 10**60}, None),
    "things in the wrong place": ({"naam": {"nl": ["A", 7, {"x": 1}]}, "themas": {"a": []}, "adres": 3}, None),
    "controls in texts": ({"naam": {"nl": "Kom\u0000 \u202elangs"}}, None),
}


async def test_every_item_stands_or_falls_by_itself(importing: Import, agent: Client) -> None:
    numbers = {what: 100 + at for at, what in enumerate(BAD)}
    members = [snapshot(number, **BAD[what][0]) for what, number in numbers.items()]
    good = [snapshot(1, "Reispas"), *members, snapshot(2, "Grofvuil")]
    tracemalloc.start()
    report = await importing(chained(good, [snapshot(3, "Huwelijk")]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    wanted = {str(numbers[what]): reason for what, (_, reason) in BAD.items() if reason}
    assert reasons(report) == wanted
    assert (report.refused, report.created, report.error) == (len(wanted), 3 + len(BAD) - len(wanted), None)
    assert peak < 150 * MIB
    for name in ("Reispas", "Grofvuil", "Huwelijk", "Slurry permit"):
        assert name in await found(agent, name)


async def test_what_is_left_out_of_a_snapshot_is_told(importing: Import, uow: UnitOfWork) -> None:
    odd: dict[str, Any] = {
        "generatedAtTime": "gisteren",
        "creatie": {"@value": "2024-13-01"},
        "laatstGewijzigd": "",
        "startDienstVerlening": "2024-01-01",
        "eindeDienstVerlening": "31/12/2020",
        "themas": ["https://x.example/" + "A" * 5_000, "BurgerOverheid"],
        "productnummer": "9" * 4_000,
    }
    report = await importing(chained([snapshot(1, **odd), snapshot(2, productnummer=77, themas=["A" * 60])]))
    assert (report.created, report.refused, report.error) == (2, 0, None)
    assert {(one.id, one.kind) for one in report.refusals} == {("urn:snapshot:1", "notice")}
    assert [one.reason for one in report.refusals] == [
        'generatedAtTime cannot be read as a moment: "gisteren"',
        'creatie cannot be read as a moment: "2024-13-01"',
        'eindeDienstVerlening cannot be read as a moment: "31/12/2020"',
        "themas: a code of 5000 characters is left out, at most 60 are kept",
        "productnummer: 4000 characters, at most 60 are kept: it is left out",
    ]
    rows = await uow.fetch("SELECT product_number, facts->'themes' AS themes FROM product ORDER BY external_id")
    assert [tuple(row) for row in rows] == [(None, ["burgerOverheid"]), ("77", ["a" + "A" * 59])]


async def test_what_nobody_sees_does_not_split_words(importing: Import, agent: Client) -> None:
    texts: dict[str, Any] = {
        "naam": {"nl": "Rei\u200bs\u00adpas\ufeff aan&shy;vragen"},
        "beschrijving": {"nl": "<p>Voor ver\u200bre &shy;rei&#8203;zen</p>"},
        "zoektermen": {"nl": ["pas\u2060poort"]},
    }
    assert (await importing(chained([snapshot(1, **texts)]))).refusals == []
    for words in ("reispas aanvragen", "verre reizen", "paspoort"):
        assert await found(agent, words) == {"Reispas aanvragen"}


async def test_what_is_refused_does_not_go_away(importing: Import, uow: UnitOfWork) -> None:
    await importing(chained([snapshot(1), snapshot(2), snapshot(3), snapshot(4)]))
    later = {"generatedAtTime": "2025-06-01T00:00:00Z"}
    bad = [
        snapshot(2, beschrijving={"nl": "a" * 2 * MIB}, **later),
        snapshot(3, **later, naam={}),
        snapshot(4, generatedAtTime="2999-01-01T00:00:00Z"),
    ]
    report = await importing(chained([snapshot(1), *bad]))
    assert (report.refused, report.withdrawn, report.unchanged) == (3, 0, 1)
    assert await uow.fetchval("SELECT count(*) FROM product WHERE status = 'published' AND version = 1") == 4


async def test_a_broken_page_in_the_middle(importing: Import, agent: Client) -> None:
    pages = chained([snapshot(1, "Reispas")], [snapshot(2)], [snapshot(3, "Grofvuil")])
    pages[1] = pages[1][: len(pages[1]) // 2]
    report = await importing(pages)
    assert report.error == "not every page could be read: nothing was withdrawn"
    assert [one.kind for one in report.refusals] == ["page"]
    assert await found(agent, "reispas") == {"Reispas"}
    assert await found(agent, "grofvuil") == {"Grofvuil"}


async def test_markup_is_stored_safe(importing: Import, agent: Client, uow: UnitOfWork) -> None:
    dirty: dict[str, Any] = {
        "naam": {"nl": "Feest <script>alert(1)</script><b>vieren</b>"},
        "beschrijving": {"nl": SCRIPTS},
        "procedures": [{"naam": {"nl": "<img src=x onerror=x()>Stap"}, "beschrijving": {"nl": SCRIPTS}}],
        "websites": [
            {"naam": {"nl": "Slecht"}, "url": "javascript:alert(1)"},
            {"naam": {"nl": "Ook"}, "url": "data:text/html,x"},
        ],
        "contactgegevens": [{"email": "<svg onload=x()>a@stad.example", "url": " java\nscript:x()"}],
    }
    assert (await importing(chained([snapshot(1, **dirty)]))).created == 1
    stored = await uow.fetchval("SELECT facts::text FROM product")
    assert "Kom" in stored
    assert "https://stad.example/x" in stored
    for bad in ("<script", "onerror", "onclick", "onload", "javascript", "alert(", "iframe", "<svg", "data:", "style="):
        assert bad not in stored.lower()
    (name,) = await found(agent, "feest vieren")
    assert name == "Feest vieren"


async def test_a_circle_of_pages_ends(importing: Import) -> None:
    names = [f"{BASE}?pageNumber={at}" for at in range(3)]
    pages = [json.dumps(page(names[at], [snapshot(at)], names[(at + 1) % 3])).encode() for at in range(3)]
    report = await importing(pages)
    assert (report.pages, report.created, report.refused, report.error) == (3, 3, 0, None)
    assert [(one.kind, one.reason) for one in report.refusals] == [("notice", "the pages go round: none is the last")]


async def test_an_unknown_context_is_told_and_never_fetched(importing: Import) -> None:
    contexts = ["http://127.0.0.1:1/other.jsonld", {"naam": "http://x/naam"}]
    report = await importing(chained([snapshot(1)], **{"@context": contexts}))
    assert (report.created, report.refused) == (1, 0)
    (notice,) = report.refusals
    assert (notice.kind, notice.reason.partition(":")[0]) == ("notice", "unknown context http")
    known = ["https://x.example/ipdc-lpdc-im.jsonld", "https://x.example/ldes.jsonld"]
    assert (await importing(chained([snapshot(1)], **{"@context": known}))).refusals == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'[{"@id": "urn:x", "https://w3id.org/tree#member": []}]', "expanded JSON-LD is not read"),
        (b'{"@graph": []}', "expanded JSON-LD"),
        (b'{"items": [], "total": 0}', "no member, view or relation"),
        (b'{"member": [{"@id": "urn:1"', "not valid JSON"),
        (b"\x00\x01\x02", "not valid JSON"),
        (b"", "not valid JSON"),
    ],
)
async def test_a_page_of_something_else(importing: Import, uow: UnitOfWork, body: bytes, reason: str) -> None:
    await importing(chained([snapshot(1)]))
    report = await importing([body])
    assert report.error is not None
    assert reason in report.error or (reason == "not valid JSON" and "not readable" in report.error)
    assert await uow.fetchval("SELECT status FROM product") == "published"


async def test_names_no_index_can_hold(platform: Platform, tmp_path: Path, uow: UnitOfWork) -> None:
    content = page("urn:" + "é" * 5_000, [snapshot(1, isVersionOf="urn:" + "x" * 1_400)])
    (tmp_path / "page.json").write_text(json.dumps(content))
    for outcome in ("created", "unchanged"):
        assert getattr(await run_import(platform, tmp_path), outcome) == 1
    assert len(await uow.fetchval("SELECT source FROM product")) == 502


async def test_the_newest_of_one_product_wins_wherever_it_stands(importing: Import, uow: UnitOfWork) -> None:
    newest, oldest = {"generatedAtTime": "2025-06-01T00:00:00+02:00"}, {"generatedAtTime": "2025-05-31T21:59:59Z"}
    report = await importing(chained([snapshot(1, "Nieuw", **newest)], [snapshot(1, "Oud", **oldest)]))
    assert (report.created, report.refused) == (1, 0)
    assert await uow.fetchval("SELECT facts->'name'->>'nl' FROM product") == "Nieuw"


def test_limits_leave_room_for_real_products() -> None:
    """The largest real text has 5 421 characters, the longest list 23 items."""
    item = {"naam": {"nl": "Voorwaarde"}, "beschrijving": {"nl": "<p>x</p>"}}
    big = snapshot(1, beschrijving={"nl": "<p>woord</p>" * 2_000}, voorwaarden=[item] * 400, zoektermen=["a"] * 900)
    assert len(product_facts(big).conditions) == 400
    with pytest.raises(SnapshotRefused):
        product_facts(snapshot(1, voorwaarden=[item] * 501))
