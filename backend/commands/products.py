"""Importing products for a command, and the catalogue of the demo city."""

from pathlib import Path

import msgspec

from backend.catalogue.imports.schemas import CityEntry, ImportReport
from backend.catalogue.imports.service import CatalogueImporter
from backend.commands.failures import Refused
from backend.commands.options import ROOT
from backend.kit.work import Work

DATA = ROOT / "backend" / "catalogue" / "data"
DEMO_NAME = "demo"


async def add_demo_catalogue(work: Work) -> str:
    """Products of the demo city and the city's own fields; gives a line about it."""
    importer = CatalogueImporter(work)
    report = await importer.run(DATA / "demo-ldes.json", name=DEMO_NAME)
    await importer.apply_city_fields(_entries(DATA / "demo-city.json"))
    return summary(report)


def _entries(file: Path) -> list[CityEntry]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=list[CityEntry])
    except msgspec.DecodeError as error:
        raise Refused(f"{file}: {error}") from error


def summary(report: ImportReport) -> str:
    """The counts on one line."""
    names = ("created", "changed", "unchanged", "withdrawn", "refused")
    return ", ".join(f"{getattr(report, name)} {name}" for name in names)
