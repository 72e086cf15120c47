"""Simple values of a snapshot, whatever way a publisher writes them: lines, texts, moments, codes, addresses."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from backend.catalogue.rules.facts import SnapshotRefused
from backend.kit.html import sanitise, to_text
from backend.kit.ldes import identifier
from backend.kit.text import drop_refused, without_invisible

MARKUP = re.compile(r"<[^>]*>|&\w+;")
"""What makes a line HTML; publishers put it in fields that are plain text."""
LONGEST_CODE = 60
"""The longest real code has 53 characters; a filter of the search takes no longer one."""

_SCHEMES = {"http", "https", "mailto", "tel"}
_LONGEST_TEXT = 100_000
"""The longest real text has 5 400 characters."""
_LONGEST_LINE = 5_000


def many(value: object) -> list[Any]:
    """A JSON-LD set: a list, one value without a list, or nothing."""
    return value if isinstance(value, list) else [] if value is None else [value]


def check(count: int, most: int, what: str) -> None:
    """Refuse a snapshot with more of something than any real one has.

    Raises:
        SnapshotRefused: there is more.
    """
    if count > most:
        raise SnapshotRefused(f"{count} {what}, at most {most} are read")


def line(value: object) -> str:
    """One line of plain text, whatever simple value was given; without characters that nobody sees."""
    if isinstance(value, Mapping):
        value = value.get("@value", value.get("@id"))
    if isinstance(value, bool | int | float):
        return str(value)
    if not isinstance(value, str):
        return ""
    check(len(value), _LONGEST_LINE, "characters on one line")
    given = without_invisible(value)
    if MARKUP.search(given):
        given = without_invisible(to_text(given))  # again: `&shy;` is one of them only now
    return " ".join(drop_refused(given).split())


def rich(value: object) -> str:
    """Safe HTML, without characters that nobody sees."""
    if not isinstance(value, str):
        return line(value)
    check(len(value), _LONGEST_TEXT, "characters in one text")
    safe = sanitise(without_invisible(value))
    visible = without_invisible(safe)  # again: `&shy;` is one of them only now
    return safe if visible == safe else sanitise(visible)


def ids(value: object) -> tuple[str, ...]:
    """Ids without doubles, sorted: JSON-LD sets have no order, and the hash must not depend on it."""
    return tuple(sorted({one for part in many(value) if (one := identifier(part))}))


def last(value: str) -> str:
    """The last part of an address: of `.../Thema/BurgerOverheid` the `BurgerOverheid`."""
    return re.split(r"[/#]", value.rstrip("/"))[-1]


def endings(value: object) -> set[str]:
    """The last parts of the addresses in a list; what is too long for a code is left out (see `remarks`)."""
    return {code for one in ids(value) if 0 < len(code := last(one)) <= LONGEST_CODE}


def codes(value: object) -> tuple[str, ...]:
    """Codes of a list, in lowerCamelCase, sorted."""
    return tuple(sorted({code[0].lower() + code[1:] for code in endings(value)}))


def number_of(value: object) -> str | None:
    """The number a product is known by; None when there is none or it is too long for one (see `remarks`)."""
    found = line(value)
    return found if 0 < len(found) <= LONGEST_CODE else None


def link(value: object) -> str:
    """An absolute address with a harmless scheme, else empty; "www.stad.be" gets the scheme it lacks."""
    address = "".join(line(value).split())
    if address.lower().startswith("www."):
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    complete = parts.netloc if parts.scheme in {"http", "https"} else parts.path
    return address if parts.scheme in _SCHEMES and complete else ""


def moment(value: object) -> datetime | None:
    """An instant in UTC; None when there is none or it cannot be read (see `remarks`)."""
    try:
        found = datetime.fromisoformat(line(value))
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def place(value: object, otherwise: int) -> float:
    """A place in a list, the one that was given or otherwise this one."""
    try:
        return float(line(value))
    except ValueError:
        return float(otherwise)
