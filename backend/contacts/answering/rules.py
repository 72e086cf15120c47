"""What to think of before an answer leaves. Pure."""

import re
from collections.abc import Sequence
from typing import Literal

Caution = Literal[
    "noAddress", "contributionsOpen", "prefersPhone", "prefersLetter", "openPlaceholder", "attachmentUnusable", "ended"
]

_LEFT = re.compile(r"\{[A-Za-z.]{1,40}\}")


def masked(address: str) -> str:
    """An e-mail address that can be recognised and not be copied: `l…@voorbeeld.be`."""
    name, _, domain = address.rpartition("@")
    return f"{name[:1]}…@{domain}"


def left_open(text: str) -> bool:
    """Whether a placeholder of a template was not filled in."""
    return _LEFT.search(text) is not None


def preference(answer_channel: str, preferred: str | None) -> Sequence[Caution]:
    """Warnings about a customer who would rather not have mail.

    Args:
        answer_channel: wished for this question.
        preferred: of the customer.
    """
    wished = answer_channel if answer_channel in {"phone", "letter"} else preferred
    return ("prefersPhone",) if wished == "phone" else ("prefersLetter",) if wished == "letter" else ()
