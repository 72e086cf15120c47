"""Single values of a register: texts, days, what holds now. Pure."""

from datetime import date

from lxml.etree import _Element as Element

from backend.crm.registers.rules.records import LONGEST
from backend.kit.text import drop_refused, without_invisible


def line(value: str | None) -> str | None:
    """One clean line; None for nothing, and for more than a name or a street ever is."""
    if not value:
        return None
    tidy = " ".join(drop_refused(without_invisible(value)).split())
    return tidy if 0 < len(tidy) <= LONGEST else None


def day(value: str | None) -> date | None:
    """A complete day; registers also hold years, or years and months, which are not taken for a day."""
    try:
        return date.fromisoformat(value) if value and len(value) == len("2000-01-31") else None
    except ValueError:
        return None


def current(element: Element) -> bool:
    """Whether what an element says still holds: it has no last day."""
    return not (element.get("DatumEinde") or "").strip()
