"""When a form is surely one customer's, what the customer is asked, and until when. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

from backend.crm.matching.rules import Match

SURE = 0.95
DOUBT = 0.2
"""From this chance on a customer is one of several that it may be."""
VALID = timedelta(days=7)
UNDO = timedelta(days=14)
KEPT = timedelta(days=30)
"""How long a claim stays after the day until which it could be confirmed or undone."""
WRONG = 5
"""Wrong references that burn a token."""
NOTICES, WITHIN = 2, timedelta(hours=24)
"""Notices to one customer within a while."""

Choice = Literal["nobody", "people", "one"]

TRIAGE = (
    "De afzender van dit formulier kan een klant zijn die we kennen, maar dat is niet zeker genoeg. "
    "Kijk wie het is en koppel de vraag dan zelf aan de klant."
)
UNLINKED = "De klant maakte de koppeling ongedaan."

_HOME = frozenset({"full", "box", "noBox"})


def chosen(matches: Sequence[Match]) -> tuple[Choice, Match | None]:
    """Whether it is one customer, people have to look, or it is nobody we know."""
    likely = [one for one in matches if one.ruled_out is None and one.probability >= DOUBT]
    if len(likely) > 1:
        return "people", None
    if likely and likely[0].probability >= SURE and _agrees(likely[0]):
        return "one", likely[0]
    return "nobody", None


def _agrees(match: Match) -> bool:
    """Whether the name and, besides, the address or birth date are the same."""
    good = {part.feature: part.level for part in match.parts if part.weight > 0}
    named = {"family", "given"} <= set(good) or "organisation" in good
    return named and (good.get("place") in _HOME or good.get("born") == "exact")


def free(sent: Collection[datetime], now: datetime) -> bool:
    """Whether the customer had few enough notices."""
    return sum(one > now - WITHIN for one in sent) < NOTICES
