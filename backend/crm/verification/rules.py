"""How long a code lives, how often it may be asked and tried, what is right. Pure."""

import hmac
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal

State = Literal["pending", "confirmed", "usedUp", "expired", "replaced", "undeliverable"]

DIGITS = 6
LIFE = timedelta(minutes=10)
TRIES = 5
"""Wrong codes until one is of no use any more: five guesses at six digits, three codes an hour, is 1 in 67 000."""
CODES = 3
PER = timedelta(hours=1)
KEEP = timedelta(days=30)
"""How long the row of a code stays, without the code: for questions about what happened."""

ADDRESS = "emailVerification"
CODE = "emailVerificationCode"
"""Purposes of the keyed hashes."""


def standing(state: State, expires_at: datetime, now: datetime) -> State:
    """The state as it is at this moment; the sweep writes it down later."""
    return "expired" if state == "pending" and expires_at <= now else state


def wait(asked: Sequence[datetime], now: datetime) -> timedelta | None:
    """How long until another code may be sent to an address; None when it may be sent now.

    Args:
        asked: when codes were asked for this address, oldest first; older ones than an hour do not count.
        now: this moment.
    """
    recent = [at for at in asked if at > now - PER]
    return None if len(recent) < CODES else recent[-CODES] + PER - now


def bare(typed: str) -> str:
    """A code as it was sent, however it was written down: `123 456`, `123-456`."""
    return "".join(char for char in typed if char.isdigit())


def fits(expected: bytes, hashes: Iterable[bytes]) -> bool:
    """Whether one of the hashes of what was typed is the expected one; takes as long whichever it is."""
    found = False
    for one in hashes:
        found |= hmac.compare_digest(expected, one)
    return found
