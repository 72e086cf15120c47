"""The signed link to say whether an answer helped: it names one answer, until a day, and nothing of a person."""

import base64
import binascii
import hmac
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import msgspec

from backend.kit.crypto import KeyRing

PATH = "/mening"
"""Where the link leads; its part after `#` never reaches a server by itself, and looking has no effect."""

PURPOSE = "satisfaction"
"""Of the key that signs."""

VALID = timedelta(days=60)
"""How long the link in an answer is good."""

NOT_SOLVED = "De klant zegt dat de vraag niet opgelost is."
"""Why a question is open again, in the timeline."""

_EPOCH = date(2020, 1, 1)
_ID_BYTES, _DAY_BYTES, _SIGNATURE_BYTES = 16, 2, 18
_BYTES = _ID_BYTES + _DAY_BYTES


class Ticket(msgspec.Struct, frozen=True):
    """Which answer may be judged, and until when (that day included)."""

    message_id: UUID
    until: date

    def text(self) -> str:
        """What is signed."""
        days = (self.until - _EPOCH).days
        return _encoded(self.message_id.bytes + days.to_bytes(_DAY_BYTES))


def ticket(message_id: UUID, sent: datetime) -> Ticket:
    """The ticket of an answer that was written at this moment."""
    return Ticket(message_id, (sent.astimezone(UTC) + VALID).date())


def signed(one: Ticket, signature: bytes) -> str:
    """The ticket as it stands in the link."""
    return f"{one.text()}{_encoded(signature[:_SIGNATURE_BYTES])}"


def link(address: str, keys: KeyRing, message_id: UUID, sent: datetime) -> str:
    """The address at which the reader of an answer says whether it helped.

    Args:
        address: of the platform, as people reach it.
        keys: one of which signs.
        message_id: the answer.
        sent: when it was written.
    """
    one = ticket(message_id, sent)
    return f"{address}{PATH}#{signed(one, keys.lookup(one.text(), purpose=PURPOSE))}"


def read(token: str) -> tuple[Ticket, bytes] | None:
    """The ticket and the signature of a link; None when it is none of ours."""
    try:
        raw = base64.urlsafe_b64decode(token.encode("ascii"))
    except (binascii.Error, UnicodeEncodeError):
        return None
    if len(raw) != _BYTES + _SIGNATURE_BYTES or _encoded(raw) != token:
        return None
    days = int.from_bytes(raw[_ID_BYTES:_BYTES])
    return Ticket(UUID(bytes=raw[:_ID_BYTES]), _EPOCH + timedelta(days=days)), raw[_BYTES:]


def genuine(signature: bytes, possible: Iterable[bytes]) -> bool:
    """Whether one of our keys made the signature."""
    checks = [hmac.compare_digest(signature, one[:_SIGNATURE_BYTES]) for one in possible]
    return any(checks)


def _encoded(raw: bytes) -> str:
    """Without padding: both parts are a multiple of three bytes."""
    return base64.urlsafe_b64encode(raw).decode()
