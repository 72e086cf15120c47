"""Verbs of synonyms: groups one by one, the whole list in and out, what a change would do."""

from backend.catalogue.synonyms.service.groups import SynonymService
from backend.catalogue.synonyms.service.preview import Previews, PreviewService
from backend.catalogue.synonyms.service.transfer import Brought, TransferService

__all__ = ["Brought", "PreviewService", "Previews", "SynonymService", "TransferService"]
