"""What we publish is what we know: another city, or we ourselves, import it and nothing is lost or changed."""

import json
import shutil
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.app import Platform
from backend.catalogue.imports.schemas import ImportReport
from backend.catalogue.imports.service import CatalogueImporter, Reading, read_catalogue
from backend.catalogue.publication.controllers import StreamController
from backend.catalogue.publication.schemas import SnapshotShape
from backend.catalogue.publication.service import PublicationService, StreamReader
from backend.catalogue.rules import ProductFacts, SnapshotRefused, Stream, content_hash, product_facts
from backend.catalogue.rules.publication import snapshot_member
from backend.kit.db import Database, Row
from backend.settings import Settings
from tests.backend.catalogue.conftest import DEMO, run_import
from tests.conftest import SHARED
from tests.contract.served import serving

LPDC = SHARED / "data" / "lpdc" / "ldes"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KNOWN = "SELECT external_id, facts::text AS facts, content_hash, status FROM product WHERE source = $1"
HIDE = """
INSERT INTO product_city (product_id, published) SELECT id, $2 FROM product WHERE external_id = ANY($1)
    ON CONFLICT (product_id) DO UPDATE SET published = $2, version = product_city.version + 1
"""
CHANGE = """
UPDATE product SET facts = jsonb_set(facts, '{name}', '{"nl": "Anders"}'), content_hash = 'anders',
                   version = version + 1 WHERE external_id = ANY($1)
"""


def source_members() -> list[dict[str, Any]]:
    pages = [DEMO, *sorted(LPDC.glob("*.json"))]
    return [member for page in pages for member in json.loads(page.read_text())["member"]]


def published(facts: ProductFacts) -> dict[str, Any]:
    """A member of our stream as a reader gets it."""
    made = snapshot_member(facts, snapshot_id="urn:ours", generated_at=NOW, archived=facts.archived, since=NOW)
    read: dict[str, Any] = json.loads(msgspec.json.encode(made))
    return read


def same(facts: ProductFacts, *more: str) -> ProductFacts:
    """The facts without what belongs to the snapshot they came from."""
    unlike: dict[str, Any] = {"snapshot_id": "", "generated_at": None, **dict.fromkeys(more)}
    return msgspec.structs.replace(facts, **unlike)


def test_every_product_comes_back_as_it_was() -> None:
    different = []
    for member in source_members():
        facts = product_facts(member)
        ours = published(facts)
        back = product_facts(ours)
        if same(back) != same(facts) or content_hash(back) != content_hash(facts):
            different.append(facts.external_id)
        described = json.loads(msgspec.json.encode(msgspec.convert(ours, SnapshotShape)))
        assert described.keys() == ours.keys(), "the description of the API has every key"
    assert not different


WORD = st.sampled_from(
    [
        "Reispas",
        "<b>vet</b>",
        "&amp;",
        "&lt;b&gt;",
        "<12 jaar>",
        "é",
        "a & b",
        "-",
        " ",
        "\xad",
        "e\u200b\u0301",
        "&shy;",
        "e&#8203;\u0301",
        "&\ufeffamp;",
        "<\u2060b>",
        "<p>",
        "</p>",
        "<ul><li>",
        "<a href='https://x.be'>",
        "</a>",
        "<h1>",
        "</div>",
        "<div>",
        "\n",
        "<table><tr><td>",
        "; ",
        "<br>",
        "&nbsp;",
        "x",
    ]
)
LINE = st.lists(WORD, max_size=5).map("".join) | st.text(max_size=12)
TAG = st.sampled_from(["nl", "nl-BE-x-informal", "NL-be-x-formal", "en", "fr"])
TEXT = st.dictionaries(TAG, LINE, max_size=3) | LINE
URL = st.sampled_from(["https://x.be/a?b=1&amp;c=2", "www.x.be", "rubbish", "https://x.be/?a&lt;b", "mailto:a@b.be"])
ORDER = st.integers(-3, 9) | st.none() | st.just("2")


def some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=fields)


def lists(part: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(part, max_size=3)


PART = some(naam=TEXT, beschrijving=TEXT, order=ORDER)
LINK = some(naam=TEXT, beschrijving=TEXT, order=ORDER, url=URL)
ADDRESS = some(straatnaam=TEXT, huisnummer=LINE, busnummer=LINE, postcode=LINE, gemeentenaam=TEXT, land=TEXT)
MEMBERS = st.builds(
    lambda name, rest: {"@id": "urn:s", "isVersionOf": "urn:p", "naam": name, **rest},
    TEXT,
    some(
        beschrijving=TEXT,
        uitzonderingen=TEXT,
        voorwaarden=lists(some(naam=TEXT, beschrijving=TEXT, order=ORDER, bewijs=PART)),
        procedures=lists(some(naam=TEXT, beschrijving=TEXT, order=ORDER, websites=lists(LINK))),
        kosten=lists(PART),
        regelgeving=lists(LINK),
        websites=lists(LINK),
        contactgegevens=lists(
            some(email=LINE, telefoonnummer=LINE, openingsuren=LINE, url=URL, adres=lists(ADDRESS), order=ORDER)
        ),
        themas=lists(st.sampled_from(["Burger", "https://x/Thema/BurgerOverheid", "burger"])),
        type=st.sampled_from(["Bewijs", "https://x/Type/Toelating"]),
        talen=lists(st.sampled_from(["NLD", "http://x/FRA", "SPA"])),
        zoektermen=st.dictionaries(TAG, lists(LINE)),
        gearchiveerd=st.booleans() | st.sampled_from(["true", "false"]),
        creatie=st.sampled_from(["2024-02-14T13:42:12.357123Z", "2024-02-14", "gisteren"]),
        startDienstVerlening=st.just("2024-02-14T13:42:12+02:00"),
        productnummer=LINE,
        linkedConcept=st.just("https://ipdc.example/id/concept/1"),
    ),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(MEMBERS)
def test_whatever_was_imported_comes_back(member: dict[str, Any]) -> None:
    try:
        facts = product_facts(member)
    except SnapshotRefused:
        return
    back = product_facts(published(facts))
    assert same(back, "created_at", "modified_at") == same(facts, "created_at", "modified_at")
    assert back.created_at == (facts.created_at or NOW), "the model cannot do without"


def test_text_that_looks_like_html_stays_text() -> None:
    facts = ProductFacts(external_id="urn:p", snapshot_id="urn:s", name={"nl": "Korting <12 jaar> &amp; meer"})
    ours = published(facts)
    assert ours["naam"] == {"nl": "Korting &lt;12 jaar&gt; &amp;amp; meer"}
    assert product_facts(ours).name == facts.name


class City:
    """A platform with a catalogue."""

    def __init__(self, platform: Platform, stream: Stream) -> None:
        self.platform = platform
        self.stream = stream

    async def publish(self) -> int:
        added = 0
        while True:
            async with self.platform.database.transaction() as uow:
                work = self.platform.work(uow, None, "test", "test")
                if not (more := await PublicationService(work, self.stream).publish()):
                    return added
                added += more

    async def known(self, source: str) -> dict[str, Row]:
        async with self.platform.database.begin() as uow:
            return {row["external_id"]: row for row in await uow.fetch(KNOWN, source)}

    async def execute(self, sql: str, *args: object) -> None:
        async with self.platform.database.transaction() as uow:
            await uow.execute(sql, *args)

    async def store(self, reading: Reading) -> ImportReport:
        async with self.platform.database.transaction() as uow:
            return await CatalogueImporter(self.platform.work(uow, None, "test", "test")).store(reading)


def counts(report: ImportReport) -> dict[str, int]:
    assert report.error is None
    names = ("created", "changed", "unchanged", "withdrawn", "refused")
    return {name: count for name in names if (count := getattr(report, name))}


@pytest.fixture
async def city(own_database: str, settings: Settings) -> AsyncIterator[City]:
    """The city that publishes: its API is a process of its own."""
    with serving(msgspec.structs.replace(settings, database_url=own_database)) as served:
        async with Database(own_database) as database:
            stream = Stream(address=served.url, contexts=settings.contexts_url)
            yield City(Platform(settings, database), stream)


async def export(city: City, folder: Path) -> Path:
    """The pages as files."""
    reader, number, more = StreamReader(city.platform.database, city.stream), 0, True
    while more:
        body, more = await reader.page(number)
        (folder / f"page-{number:06}.json").write_bytes(body)
        number += 1
    return folder


@pytest.mark.anyio
async def test_another_city_imports_all_of_it_and_follows(city: City, platform: Platform, tmp_path: Path) -> None:
    (pages := tmp_path / "bron").mkdir()
    for page in (DEMO, *LPDC.glob("*.json")):
        shutil.copy(page, pages)
    every = len(source_members())
    assert counts(await run_import(city.platform, pages, name="bron")) == {"created": every}
    assert await city.publish() == every
    here = await city.known("bron")

    reading = await read_catalogue(city.stream.page(0), name="theirs")
    assert (reading.mode, reading.pages, reading.refusals) == ("full", -(-every // 50), [])
    other = City(platform, city.stream)
    assert counts(await other.store(reading)) == {"created": every}
    (files := tmp_path / "uit").mkdir()
    assert counts(await run_import(platform, await export(city, files), name="files")) == {"created": every}
    for source in ("theirs", "files"):
        there = await other.known(source)
        assert there.keys() == here.keys()
        for external_id, row in there.items():
            assert (row["content_hash"], row["status"]) == (here[external_id]["content_hash"], "published")
            assert same(_facts(row)) == same(_facts(here[external_id]))

    again = await run_import(city.platform, city.stream.page(0), name="bron")
    assert counts(again) == {"unchanged": every}, "and we ourselves too"
    assert await city.publish() == 0

    await _follow(city, other, sorted(here), reading)


async def _follow(city: City, other: City, products: list[str], reading: Reading) -> None:
    """What changes here changes there, each time read on from where the reading before stopped."""
    hidden, changed = products[:3], products[3:5]
    address, every = f"{city.stream.address}{StreamController.path}", len(products)
    steps: list[tuple[str, tuple[object, ...], dict[str, int], set[str]]] = [
        (HIDE, (hidden, False), {"withdrawn": 3}, set(hidden)),
        (CHANGE, (changed,), {"changed": 2}, set(hidden)),
        (HIDE, (hidden[:2], True), {"changed": 2}, {hidden[2]}),
        (
            "UPDATE product SET status = 'withdrawn', version = version + 1 WHERE external_id = $1",
            (changed[0],),
            {"withdrawn": 1},
            {hidden[2], changed[0]},
        ),
    ]
    for sql, values, expected, gone in steps:
        await city.execute(sql, *values)
        assert await city.publish() == sum(expected.values())
        reading = await read_catalogue(address, name="theirs", bookmark=reading.bookmark)
        assert reading.mode == "resumed"
        assert counts(await other.store(reading)) == expected
        there = await other.known("theirs")
        assert {one for one, row in there.items() if row["status"] == "withdrawn"} == gone
    assert _facts(there[changed[1]]).name == {"nl": "Anders"}
    reading = await read_catalogue(address, name="theirs", bookmark=reading.bookmark)
    assert reading.mode == "notModified"
    full = await other.store(await read_catalogue(address, name="theirs"))
    assert counts(full) == {"unchanged": every}, "whoever reads all of it again comes to the same"


def _facts(row: Row) -> ProductFacts:
    return msgspec.json.decode(row["facts"], type=ProductFacts)
