"""Who used the data of somebody, a line for each day, purpose and department. Pure."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from backend.kit.clock import BRUSSELS

_PURPOSES = {
    "questionHandling": "Een vraag behandelen",
    "identityCheck": "Nagaan wie iemand is",
    "profileUpkeep": "Gegevens juist houden",
    "registerLookup": "Opzoeken in een officieel register",
    "legalObligation": "Een wettelijke verplichting nakomen",
    "accessRequest": "Een aanvraag om de eigen gegevens te krijgen",
    "transfer": "Een aanvraag om de eigen gegevens mee te nemen",
    "breakGlass": "Dringende hulp",
    "supervision": "Toezicht op het gebruik van gegevens",
}
_OTHER = "Dienstverlening"

A_SERVICE = "Een dienst van de stad"
"""A department that may not be named, or of which nothing is known: the two look the same."""

Line = tuple[date, str, str]
"""Day in Brussels, purpose in plain Dutch, department."""


class Used(Protocol):
    """That data were used."""

    @property
    def at(self) -> datetime:
        """When."""

    @property
    def purpose(self) -> str:
        """Why."""

    @property
    def department(self) -> UUID | None:
        """By which department."""


def per_day(used: Iterable[Used], names: Mapping[UUID, str]) -> list[Line]:
    """One line for each day, purpose and department; the latest day first.

    Args:
        used: that data were used.
        names: of the departments that may be named.
    """
    lines = {
        (
            one.at.astimezone(BRUSSELS).date(),
            _PURPOSES.get(one.purpose, _OTHER),
            names.get(one.department, A_SERVICE) if one.department else A_SERVICE,
        )
        for one in used
    }
    return sorted(lines, key=lambda line: (-line[0].toordinal(), line[1], line[2]))
