"""Pure rules of the catalogue: facts from snapshots, and their texts in a language and form. No I/O."""

from backend.catalogue.rules.city import (
    PLACEHOLDERS,
    TRANSACTION_URL,
    address_fault,
    template_fault,
    transaction_link,
)
from backend.catalogue.rules.editing import Finding, differing, findings, tidy
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
from backend.catalogue.rules.history import fact_changes
from backend.catalogue.rules.languages import text_languages
from backend.catalogue.rules.publication import PUBLISH, Stream
from backend.catalogue.rules.remarks import remarks
from backend.catalogue.rules.snapshot import content_hash, product_facts
from backend.catalogue.rules.sync import Judgement, Outcome, Status, Stored, judge, too_many
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
    "PUBLISH",
    "TRANSACTION_URL",
    "Address",
    "Condition",
    "ContactPoint",
    "DisplayContact",
    "DisplayItem",
    "DisplayProduct",
    "Finding",
    "Form",
    "Item",
    "Judgement",
    "Outcome",
    "Procedure",
    "ProductFacts",
    "SnapshotRefused",
    "Status",
    "Stored",
    "Stream",
    "Text",
    "Website",
    "address_fault",
    "content_hash",
    "differing",
    "display",
    "fact_changes",
    "findings",
    "judge",
    "pick",
    "product_facts",
    "remarks",
    "search_keywords",
    "search_texts",
    "template_fault",
    "text_languages",
    "tidy",
    "too_many",
    "transaction_link",
]
