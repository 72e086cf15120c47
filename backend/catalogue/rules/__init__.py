"""Pure rules of the catalogue: facts from snapshots, and their texts in a language and form. No I/O."""

from backend.catalogue.rules.city import PLACEHOLDERS, TRANSACTION_URL, transaction_link
from backend.catalogue.rules.facts import (
    Address,
    Condition,
    ContactPoint,
    Item,
    Procedure,
    ProductFacts,
    SnapshotRefused,
    Text,
    Website,
)
from backend.catalogue.rules.snapshot import content_hash, product_facts
from backend.catalogue.rules.sync import Judgement, Outcome, Status, Stored, judge
from backend.catalogue.rules.texts import (
    DisplayContact,
    DisplayItem,
    DisplayProduct,
    Form,
    display,
    pick,
    search_keywords,
    search_texts,
)

__all__ = [
    "PLACEHOLDERS",
    "TRANSACTION_URL",
    "Address",
    "Condition",
    "ContactPoint",
    "DisplayContact",
    "DisplayItem",
    "DisplayProduct",
    "Form",
    "Item",
    "Judgement",
    "Outcome",
    "Procedure",
    "ProductFacts",
    "SnapshotRefused",
    "Status",
    "Stored",
    "Text",
    "Website",
    "content_hash",
    "display",
    "judge",
    "pick",
    "product_facts",
    "search_keywords",
    "search_texts",
    "transaction_link",
]
