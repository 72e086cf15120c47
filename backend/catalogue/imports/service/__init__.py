"""Imports: `reading` reads and understands a stream, `importer` stores it, `reports` keeps what was done."""

from backend.catalogue.imports.service.importer import CatalogueImporter
from backend.catalogue.imports.service.reading import MOST_REFUSALS, Progress, Reading, read_catalogue
from backend.catalogue.imports.service.reports import ImportService, forget_quiet

__all__ = [
    "MOST_REFUSALS",
    "CatalogueImporter",
    "ImportService",
    "Progress",
    "Reading",
    "forget_quiet",
    "read_catalogue",
]
