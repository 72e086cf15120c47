"""Addresses of mailboxes as mail servers write them; how a mailbox is doing. Pure."""

from datetime import timedelta
from typing import Literal

from backend.kit.identifiers import IdentifierInvalid, normalise_email

Protocol = Literal["lmtp", "imap"]
Tls = Literal["implicit", "startTls", "none"]

PORTS: dict[Tls, int] = {"implicit": 993, "startTls": 143, "none": 143}
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
PAUSES = (1, 1, 2, 5, 15, 30)
"""Minutes until the next look after so many failures in a row; the last one goes on."""


def bare(address: str) -> str:
    """The address of the mailbox that a mail server means: in lower case, without what follows a `+`.

    Raises:
        ValueError: it is no address of ours or of anybody.
    """
    try:
        found = normalise_email(address)
    except IdentifierInvalid as error:
        raise ValueError(f"no address ({error.code})") from None
    name, _, domain = found.partition("@")
    return f"{name.partition('+')[0]}@{domain}" if not name.startswith("+") else found


def pause(failures: int) -> timedelta:
    """How long a mailbox is left alone after its last look."""
    return timedelta(minutes=PAUSES[min(failures, len(PAUSES) - 1)])
