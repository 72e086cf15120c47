"""Meilisearch as search engine: settings and documents as code, one federated request per search, its upkeep.

Only `Administration` (in a worker or a command, never in a request) needs more than a search-only key.
"""

from backend.kit.search.meilisearch.administration import Administration
from backend.kit.search.meilisearch.client import SearchClient
from backend.kit.search.meilisearch.contents import Signatures
from backend.kit.search.meilisearch.faults import Fault
from backend.kit.search.meilisearch.reader import Reader
from backend.kit.search.meilisearch.temporary import TemporaryIndex
from backend.kit.search.meilisearch.upkeep import Upkeep, bring_up_to_date, rebuild

__all__ = [
    "Administration",
    "Fault",
    "Reader",
    "SearchClient",
    "Signatures",
    "TemporaryIndex",
    "Upkeep",
    "bring_up_to_date",
    "rebuild",
]
