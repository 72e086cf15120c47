"""The products as search holds them: an entry each, the shelf of a moment, and what keeps it right."""

from backend.catalogue.index.service.entries import Entry
from backend.catalogue.index.service.products import TOPIC, ProductIndex, changed
from backend.catalogue.index.service.shelf import Shelf

__all__ = ["TOPIC", "Entry", "ProductIndex", "Shelf", "changed"]
