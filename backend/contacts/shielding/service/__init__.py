"""What is shown to whom: links, questions, contacts, and what is behind glass."""

from backend.contacts.shielding.service.contacts import LINKS, Link, show
from backend.contacts.shielding.service.questions import (
    GLASS,
    handled,
    looked,
    may,
    messages_shown,
    missing,
    purpose,
    questions_shown,
    refuse,
    usual,
    visible,
)
from backend.contacts.shielding.service.ties import ties

__all__ = [
    "GLASS",
    "LINKS",
    "Link",
    "handled",
    "looked",
    "may",
    "messages_shown",
    "missing",
    "purpose",
    "questions_shown",
    "refuse",
    "show",
    "ties",
    "usual",
    "visible",
]
