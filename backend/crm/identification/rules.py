"""Which number and which kind of customer belong to a capacity. Pure."""

from typing import Literal

import msgspec

from backend.crm.rules import IdentifierType, Kind

Capacity = Literal["BUR", "EA", "VER"]
"""In which capacity somebody logged in: as a citizen, for an enterprise or organisation, for an association."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a capacity is known by.

    Attributes:
        identifier: the number.
        field: its name in the body.
        kinds: who may be meant: whoever acts for an enterprise does not see the file of a person, though an
            entrepreneur may have told both numbers.
    """

    identifier: IdentifierType
    field: str
    kinds: tuple[Kind, ...]


BY_CAPACITY: dict[Capacity, Asked] = {
    "BUR": Asked(identifier="ssin", field="ssin", kinds=("person",)),
    "EA": Asked(identifier="enterpriseNumber", field="enterpriseNumber", kinds=("enterprise", "association")),
    "VER": Asked(identifier="vCode", field="vCode", kinds=("association",)),
}
