"""Search that understands Dutch: a port, the query understanding every engine shares, and the embedded engine."""

from backend.kit.search.engine import Engine, Settings
from backend.kit.search.port import Document, Hit, Matched, SearchPort, SearchResult

__all__ = ["Document", "Engine", "Hit", "Matched", "SearchPort", "SearchResult", "Settings"]
