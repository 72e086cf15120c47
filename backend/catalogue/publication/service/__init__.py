"""Our stream: `appending` adds what changed, `pages` gives it to readers."""

from backend.catalogue.publication.service.appending import PublicationService
from backend.catalogue.publication.service.pages import PAGE_SIZE, StreamReader

__all__ = ["PAGE_SIZE", "PublicationService", "StreamReader"]
