"""The files of a draw: profiles and queries of one made-up population."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from backend.crm.matching.rules import PersonName, Place, Subject


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of a file."""
    with path.open("rb") as file:
        for line in file:
            yield msgspec.json.decode(line)


def subject(row: dict[str, Any]) -> Subject:
    """A line as somebody to look for; names and numbers as they were typed."""
    if row.get("kind", "person") != "person":
        return Subject(
            kind=row["kind"],
            organisations=(row["name"],),
            emails=tuple(filter(None, [row["email"]])),
            phones=tuple(filter(None, [row["phone"]])),
            places=_places(row),
            identifiers=tuple((kind, value) for kind, value in row.get("identifiers", {}).items()),
        )
    return Subject(
        kind="person",
        names=(PersonName(given=row["first"], family=row["last"]),),
        birth_date=born(row["born"]),
        emails=tuple(filter(None, [row["email"]])),
        phones=tuple(filter(None, [row["phone"]])),
        places=_places(row),
    )


def born(text: str) -> date | None:
    """A birth date of eight digits; None when it is no day."""
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _places(row: dict[str, Any]) -> tuple[Place, ...]:
    if not (row["street"] or row["pc"]):
        return ()
    return (
        Place(street=row["street"], number=row["nr"], box=row["box"], postcode=row["pc"], municipality=row["city"]),
    )
