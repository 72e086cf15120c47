"""Where a question is about, as far as it says so itself. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated

from msgspec import Meta

Postcode = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9 -]{1,11}$", examples=["9000"])]
"""A postcode as it is typed."""

_BELGIAN = re.compile(r"\b[1-9]\d{3}\b")
_ASKED = re.compile(r"postcode|postnummer|zip", re.IGNORECASE)


def normal_postcode(typed: str) -> str:
    """Letters and digits of a postcode; `B-9000` is `9000`, `1012 ab` is `1012AB`."""
    bare = "".join(char for char in typed.upper() if char.isalnum())
    return bare[1:] if re.fullmatch(r"B[1-9]\d{3}", bare) else bare


def first_postcode(*typed: str | None) -> str | None:
    """The first one that is given, in its normal form."""
    found = next(filter(None, typed), None)
    return normal_postcode(found) if found else None


def told_postcode(place: str | None, answers: Iterable[Mapping[str, str]]) -> str | None:
    """The postcode that a question is about: of its location, else of the first answer to a question for a postcode.

    Args:
        place: postcode of the location of a report.
        answers: structured answers, `question` and `answer` each.
    """
    asked = (one["answer"] for one in answers if _ASKED.search(one["question"]))
    answered = next(filter(None, map(_BELGIAN.search, asked)), None)
    return first_postcode(place, answered[0] if answered else None)
