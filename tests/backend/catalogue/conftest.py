"""Small streams of snapshots, and the demo catalogue in the database."""

import json
from pathlib import Path
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.catalogue.imports.schemas import ImportReport
from backend.catalogue.imports.service import CatalogueImporter
from tests.conftest import ROOT
from tests.people import People

DATA = ROOT / "backend" / "catalogue" / "data"
DEMO = DATA / "demo-ldes.json"
STREAM = "https://stad.example/doc/instancesnapshot"


def snapshot(number: int, name: str = "", **more: Any) -> dict[str, Any]:
    return {
        "@id": f"urn:snapshot:{number}",
        "isVersionOf": f"urn:product:{number}",
        "generatedAtTime": "2025-03-01T10:00:00Z",
        "naam": {"nl": name or f"Product {number}"},
        "beschrijving": {"nl": f"<p>Over product {number}.</p>"},
        **more,
    }


class Stream:
    """Pages in a folder of their own; writing again replaces them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, *pages: list[Any], links: int | None = None) -> Path:
        """The first page; each links to the next, the last of `links` to one that is not there."""
        for old in self._folder.iterdir():
            old.unlink()
        for number, members in enumerate(pages):
            following = [{"node": f"{STREAM}?pageNumber={number + 1}"}] if number + 1 < (links or len(pages)) else []
            page = {
                "@id": f"{STREAM}?pageNumber={number}",
                "view": {"@id": f"{STREAM}?pageNumber={number}", "relation": following},
                "member": members,
            }
            (self._folder / f"page-{number}.json").write_text(json.dumps(page))
        return self._folder / "page-0.json"


@pytest.fixture
def stream(tmp_path: Path) -> Stream:
    return Stream(tmp_path)


async def run_import(platform: Platform, source: Path | str, **options: Any) -> ImportReport:
    async with platform.database.transaction() as uow:
        return await CatalogueImporter(platform.work(uow, None, "test", "test")).run(source, **options)


async def run_city_fields(platform: Platform, entries: list[Any]) -> int:
    async with platform.database.transaction() as uow:
        return await CatalogueImporter(platform.work(uow, None, "test", "test")).apply_city_fields(entries)


@pytest.fixture
async def demo(platform: Platform, people: People) -> ImportReport:
    """The demo catalogue with the city's own fields."""
    city = json.loads((DATA / "demo-city.json").read_text())
    async with platform.database.transaction() as uow:
        for code in {entry["department"] for entry in city} - set(people.departments):
            await uow.execute(
                "INSERT INTO department (id, code, name, kind) VALUES ($1, $2, $2, 'secondLine')", uuid7(), code
            )
    report = await run_import(platform, DEMO)
    assert await run_city_fields(platform, city) == len(city)
    return report
