"""When a form is surely one customer's, what the customer is asked, and until when. Pure."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from backend.crm.matching.rules import Match

SURE = 0.95
DOUBT = 0.2
"""From this chance on a customer is one of several that it may be."""
VALID = timedelta(days=7)
UNDO = timedelta(days=14)
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


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """A mail to the channel on file."""

    subject: str
    text: str


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


def asking(city: str, link: str, form: str) -> Letter:
    """The mail that asks; the same for every customer and every question but for the token in the link."""
    informal = form == "informal"
    you, your = ("je", "jouw") if informal else ("u", "uw")
    return Letter(
        subject="Is deze vraag van jou?" if informal else "Is deze vraag van u?",
        text=(
            f"Iemand stelde een vraag aan {city} met gegevens die op {your} gegevens lijken.\n\n"
            f"{'Was jij' if informal else 'Was u'} dat? Bevestig het dan via deze link. "
            f"Hou de referentie van {your} vraag bij de hand.\n\n{link}\n\n"
            f"{'Was jij' if informal else 'Was u'} dat niet? "
            f"Dan {'hoef' if informal else 'hoeft'} {you} niets te doen. De link werkt 7 dagen.\n"
        ),
    )


def announcing(city: str, link: str, form: str) -> Letter:
    """The mail that tells of the link between question and customer; it says nothing of the question."""
    informal = form == "informal"
    your, you = ("jouw", "je") if informal else ("uw", "u")
    return Letter(
        subject=f"Een vraag staat nu bij {your} gegevens",
        text=(
            f"Er is bevestigd dat een vraag aan {city} van {'jou' if informal else 'u'} is. "
            f"Ze staat nu bij {your} gegevens.\n\n"
            f"Klopt dat niet? Dan kan {you} het 14 dagen lang ongedaan maken via deze link.\n\n{link}\n"
        ),
    )
