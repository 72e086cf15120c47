"""An import brings the catalogue in line with its source, says what it did, and never loses what the city added."""

import json
import shutil
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from backend.app import Platform
from backend.catalogue.imports.schemas import ImportReport
from backend.catalogue.imports.service import forget_quiet
from backend.kit.db import UnitOfWork
from backend.kit.problems import ProblemError
from tests.backend.catalogue.conftest import DATA, DEMO, STREAM, Stream, run_city_fields, run_import, snapshot
from tests.conftest import SHARED, Client
from tests.people import People

pytestmark = pytest.mark.anyio

LPDC = SHARED / "data" / "lpdc" / "ldes"


def counts(report: ImportReport) -> dict[str, int]:
    names = ("created", "changed", "unchanged", "withdrawn", "refused")
    return {name: count for name in names if (count := getattr(report, name))}


async def statuses(uow: UnitOfWork) -> dict[str, str]:
    rows = await uow.fetch("SELECT facts->'name'->>'nl' AS name, status FROM product")
    return {row["name"]: row["status"] for row in rows}


async def test_the_demo_catalogue_arrives_whole_and_once(demo: ImportReport, platform: Platform) -> None:
    city = json.loads((DATA / "demo-city.json").read_text())
    assert counts(demo) == {"created": len(city)}
    assert (demo.source, demo.error) == ("https://zonderwater.example/doc/instancesnapshot", None)
    assert counts(await run_import(platform, DEMO)) == {"unchanged": len(city)}
    assert await run_city_fields(platform, city) == 0


@pytest.mark.skipif(not LPDC.exists(), reason="../shared/data/lpdc is not here")
async def test_a_real_municipality_is_imported_once(platform: Platform, uow: UnitOfWork, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    first = await run_import(
        platform, LPDC / "lochristi-page-0.json", progress=lambda done, of: told.append((done, of))
    )
    assert counts(first) == {"created": 339}
    assert (first.pages, first.source, first.error) == (7, "http://hostname/lochristi/instancesnapshot", None)
    assert told == [(250, 339), (339, 339)]
    assert counts(await run_import(platform, LPDC / "lochristi-page-0.json")) == {"unchanged": 339}
    for page in LPDC.glob("lochristi-page-[0-5].json"):
        shutil.copy(page, tmp_path)
    partial = await run_import(platform, tmp_path / "lochristi-page-0.json")
    assert counts(partial) == {"unchanged": 300, "refused": 1}
    assert partial.error is not None
    assert await uow.fetchval("SELECT count(*) FROM product WHERE status = 'published'") == 339


async def test_what_changed_went_away_and_came_back(platform: Platform, stream: Stream, uow: UnitOfWork) -> None:
    first = await run_import(platform, stream.write([snapshot(1), snapshot(2)], [snapshot(3)]))
    assert (counts(first), first.pages, first.source) == ({"created": 3}, 2, STREAM)
    assert await uow.fetchval("SELECT sum(version) FROM product") == 3
    later = {"generatedAtTime": "2025-04-01T10:00:00Z"}
    second = await run_import(platform, stream.write([snapshot(1, "Nieuw", **later), snapshot(3)]))
    assert counts(second) == {"changed": 1, "unchanged": 1, "withdrawn": 1}
    assert await statuses(uow) == {"Nieuw": "published", "Product 2": "withdrawn", "Product 3": "published"}
    third = await run_import(platform, stream.write([snapshot(1, "Nieuw", **later), snapshot(2), snapshot(3)]))
    assert counts(third) == {"changed": 1, "unchanged": 2}
    assert set((await statuses(uow)).values()) == {"published"}
    rows = await uow.fetch("SELECT external_id, version FROM product ORDER BY external_id")
    assert [tuple(row) for row in rows] == [("urn:product:1", 2), ("urn:product:2", 3), ("urn:product:3", 1)]


async def test_what_is_refused_has_a_reason_and_the_rest_goes_on(platform: Platform, stream: Stream) -> None:
    await run_import(platform, stream.write([snapshot(2)]))
    nameless = {**snapshot(2), "naam": {"nl": "-"}}
    nul = {**snapshot(4), "productnummer": "1", "isVersionOf": "urn:\u0000"}
    long = {**snapshot(5), "isVersionOf": "urn:" + "x" * 3000}
    lost = {name: value for name, value in snapshot(6).items() if name != "isVersionOf"}
    report = await run_import(platform, stream.write([snapshot(1), nameless, "?", nul, long, lost]))
    assert counts(report) == {"created": 1, "refused": 5}
    reasons = {refusal.id.rpartition("/")[2]: refusal.reason for refusal in report.refusals}
    assert reasons == {
        "page-0.json#member-2": "a member is not a JSON object",
        "urn:snapshot:6": "no isVersionOf",
        "urn:snapshot:2": "no name in any language",
        "urn:snapshot:4": "a NUL character",
        "urn:snapshot:5": "an id of more than 1500 bytes",
    }


async def test_nothing_is_withdrawn_when_a_page_is_missing(platform: Platform, stream: Stream, uow: UnitOfWork) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2)]))
    report = await run_import(platform, stream.write([snapshot(1), snapshot(3)], links=2))
    assert counts(report) == {"created": 1, "unchanged": 1, "refused": 1}
    assert report.error == "not every page could be read: nothing was withdrawn"
    assert set((await statuses(uow)).values()) == {"published"}
    empty = await run_import(platform, stream.write([]))
    assert (counts(empty), empty.error is None) == ({}, False)


async def test_another_catalogue_is_left_alone(platform: Platform, stream: Stream) -> None:
    await run_import(platform, stream.write([snapshot(1)]), name="stad")
    report = await run_import(platform, stream.write([snapshot(2)]), name="ocmw")
    assert (counts(report), report.source) == ({"created": 1}, "ocmw")


async def test_products_of_another_catalogue_too_are_told(platform: Platform, stream: Stream) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2), snapshot(4, gearchiveerd=True)]), name="stad")
    first = stream.write([snapshot(2), snapshot(3), snapshot(4)])
    for outcome in ({"created": 3}, {"unchanged": 3}):
        report = await run_import(platform, first, name="ocmw")
        assert (counts(report), report.error) == (outcome, None)
        (notice,) = report.refusals
        assert (notice.kind, notice.id) == ("notice", "stad")
        assert notice.reason == "this other catalogue has 1 of these products too, such as urn:product:2"
    assert (await run_import(platform, first.with_name("nowhere.json"), name="ocmw")).error


async def test_an_older_snapshot_never_wins(platform: Platform, stream: Stream, uow: UnitOfWork) -> None:
    async def at(month: int, name: str) -> dict[str, int]:
        moment = f"2025-{month:02}-01T10:00:00Z"
        return counts(await run_import(platform, stream.write([snapshot(1, name, generatedAtTime=moment)])))

    assert await at(3, "Maart") == {"created": 1}
    assert await at(5, "Maart") == {"unchanged": 1}
    assert await at(4, "April") == {"unchanged": 1}
    assert await at(2, "Februari") == {"unchanged": 1}
    assert await statuses(uow) == {"Maart": "published"}
    assert await at(6, "Juni") == {"changed": 1}
    assert await statuses(uow) == {"Juni": "published"}


async def test_archived_at_the_source_is_withdrawn_here(platform: Platform, stream: Stream, uow: UnitOfWork) -> None:
    await run_import(platform, stream.write([snapshot(1)]))
    archived = snapshot(1, gearchiveerd=True)
    assert counts(await run_import(platform, stream.write([archived]))) == {"withdrawn": 1}
    assert counts(await run_import(platform, stream.write([archived]))) == {"unchanged": 1}
    assert await statuses(uow) == {"Product 1": "withdrawn"}


async def test_the_city_keeps_what_it_added(
    platform: Platform, stream: Stream, uow: UnitOfWork, people: People
) -> None:
    await run_import(platform, stream.write([snapshot(1), snapshot(2)]))
    entries: list[dict[str, Any]] = [
        {"externalId": "urn:product:1", "department": "burgerzaken", "firstLineInformation": "Kom langs."},
        {"externalId": "urn:product:9", "department": None},
    ]
    assert await run_city_fields(platform, entries) == 1
    later = snapshot(1, "Anders", generatedAtTime="2026-01-01T00:00:00Z")
    assert counts(await run_import(platform, stream.write([later, snapshot(2)]))) == {"changed": 1, "unchanged": 1}
    entries[0] |= {"firstLineInformation": "Bel ons.", "department": "mobiliteit"}
    assert await run_city_fields(platform, entries) == 0
    row = await uow.fetchrow("SELECT department_id, first_line_information FROM product_city")
    assert row is not None
    assert tuple(row) == (people.departments["burgerzaken"], "Kom langs.")
    with pytest.raises(ProblemError):
        await run_city_fields(platform, [{"externalId": "urn:product:2", "department": "bestaat-niet"}])


async def test_html_is_stored_safe(platform: Platform, stream: Stream, uow: UnitOfWork) -> None:
    html = "<p onclick='x()'>Kom <b>langs</b></p><script>alert(1)</script><a href='javascript:x()'>hier</a>"
    await run_import(platform, stream.write([snapshot(1, beschrijving={"nl": html})]))
    stored = await uow.fetchval("SELECT facts->'description'->>'nl' FROM product")
    assert "Kom <b>langs</b>" in stored
    assert all(bad not in stored for bad in ("onclick", "script", "javascript"))


async def test_reports_can_be_read_newest_first(
    platform: Platform, stream: Stream, anonymous: Client, people: People, tmp_path: Path
) -> None:
    await run_import(platform, stream.write([snapshot(1), {**snapshot(2), "naam": {}}]))
    failed = await run_import(platform, tmp_path / "nowhere" / "page.json")
    assert failed.error is not None
    editor = anonymous.as_user(people.tokens["editor"])
    newest = (await editor.get("/catalogue/imports", params={"limit": 1})).json()
    assert [one["error"] for one in newest["items"]] == [failed.error]
    older = (await editor.get("/catalogue/imports", params={"cursor": newest["next"]})).json()
    assert "next" not in older
    (report,) = older["items"]
    assert (report["created"], report["refused"]) == (1, 1)
    assert report["refusals"] == [{"id": "urn:snapshot:2", "reason": "no name in any language"}]
    assert (await anonymous.as_user(people.tokens["agent"]).get("/catalogue/imports")).status_code == 403


async def test_the_history_tells_what_an_import_changed(platform: Platform, stream: Stream, uow: UnitOfWork) -> None:
    later = {"generatedAtTime": "2025-04-01T10:00:00Z"}
    await run_import(platform, stream.write([snapshot(1), snapshot(2), snapshot(3)]))
    await run_import(platform, stream.write([snapshot(1, "Nieuw", **later), snapshot(2, **later)]))
    rows = await uow.fetch("SELECT kind, before, after, version FROM product_change ORDER BY after::text")
    assert [(row["kind"], row["before"], row["after"], row["version"]) for row in rows] == [
        ("import", {"name": {"nl": "Product 1"}}, {"name": {"nl": "Nieuw"}}, 2),
        ("import", {"status": "published"}, {"status": "withdrawn"}, 2),
    ]


async def test_too_many_withdrawals_wait(platform: Platform, stream: Stream, uow: UnitOfWork) -> None:
    await run_import(platform, stream.write([snapshot(number) for number in range(30)]))
    few = stream.write([snapshot(number) for number in range(3)])
    held = await run_import(platform, few)
    assert (held.held_back, counts(held)) == (27, {"unchanged": 3})
    assert set((await statuses(uow)).values()) == {"published"}
    done = await run_import(platform, few, allow_withdrawals=True)
    assert (done.held_back, counts(done)) == (0, {"unchanged": 3, "withdrawn": 27})


async def test_only_old_reports_of_nothing_are_forgotten(uow: UnitOfWork) -> None:
    reports = [("notModified", 8, None), ("notModified", 6, None), ("notModified", 8, "status 500"), ("full", 8, None)]
    for mode, days, error in reports:
        await uow.execute(
            """INSERT INTO catalogue_import (id, source, mode, started_at, finished_at, pages, created, changed,
                                             unchanged, withdrawn, refused, refusals, error)
               VALUES ($1, 'x', $2, now(), now() - $3 * interval '1 day', 0, 0, 0, 0, 0, 0, '[]', $4)""",
            *(uuid4(), mode, days, error),
        )
    assert await forget_quiet(uow) == "DELETE 1"
    assert (
        await uow.fetchval("SELECT count(*) FROM catalogue_import WHERE finished_at < now() - interval '7 days'") == 2
    )
