"""What the index in Meilisearch is called, and what can be counted in it. No I/O."""

INDEX = "catalogue.index"
"""Topic of the outbox: what Meilisearch holds may differ from the catalogue."""

FACETS = ("theme", "audience", "type", "department_id", "has_help_sheets", "has_transaction")

LOCK = "catalogue.index"
"""One process at a time may change the index."""


def index_name(prefix: str) -> str:
    """The index; what is built beside it has a longer name that begins so."""
    return f"{prefix}products"
