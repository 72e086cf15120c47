"""Proofs that somebody is no machine, the names of a form, the words for its state. Pure, but for ALTCHA's clock."""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

import altcha
import msgspec

from backend.kit.crypto import KeyRing
from backend.kit.reference import derived_reference

LIFE = timedelta(hours=1)
"""How long a challenge or ticket is good."""
ALGORITHM = "PBKDF2/SHA-256"
FEWEST_TRIES, MORE_TRIES = 500, 1_000
"""How often a device has to calculate: at least, and how much more at most."""
LARGEST_FORM = 64 * 1024
"""Bytes of a form."""

COUNTED_FOR = timedelta(days=2)
"""How long the hash stays by which forms of one typed identity are counted, which goes back a day."""
TYPED_KEPT = timedelta(days=7)
"""How long it stays who the sender said to be when it could not be matched; what was matched is wiped at once."""
FORM_KEPT = timedelta(days=365)
"""How long the sender can ask for the status after the question ended."""

_WORK, _WORK_KEY, _TICKET, _FORM, _STATUS = "proofOfWork", "proofOfWorkKey", "waitTicket", "intakeForm", "intakeStatus"
_ID_BYTES, _MOMENT_BYTES = 18, 8

CitizenState = Literal["received", "inProgress", "waitingForYou", "answered", "closed"]

_STATES: dict[str, CitizenState] = {
    "new": "received",
    "inProgress": "inProgress",
    "waitingForCustomer": "waitingForYou",
    "answered": "answered",
    "closed": "closed",
    "withdrawn": "closed",
}
_LABELS: dict[CitizenState, tuple[str, str]] = {
    "received": ("ontvangen", "ontvangen"),
    "inProgress": ("in behandeling", "in behandeling"),
    "waitingForYou": ("wachten op jou", "wachten op u"),
    "answered": ("beantwoord", "beantwoord"),
    "closed": ("afgesloten", "afgesloten"),
}


class Names(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to one form: the same key and body give the same."""

    id: UUID
    reference: str
    status_secret: str

    @property
    def secret_hash(self) -> bytes:
        """What is kept of the secret."""
        return hashed(self.status_secret)


def hashed(secret: str) -> bytes:
    """What is kept of a secret that is long and random: a plain hash will do."""
    return hashlib.sha256(secret.encode()).digest()


def names_of(keys: KeyRing, *parts: str) -> Names:
    """The names of a form.

    Args:
        keys: one of which is behind it, so that nobody else can tell.
        parts: sender's Idempotency-Key and everything that was sent.
    """
    digest = keys.lookup("\n".join(parts), purpose=_FORM)
    reference = derived_reference(digest)
    secret = keys.lookup(f"{digest.hex()} {reference}", purpose=_STATUS)
    return Names(id=UUID(bytes=digest[:16]), reference=reference, status_secret=_encoded(secret))


def challenge(keys: KeyRing, cost: int, now: datetime) -> dict[str, Any]:
    """A calculation for the ALTCHA widget.

    Args:
        keys: one of which signs.
        cost: iterations of one try.
        now: aware.
    """
    made = altcha.create_challenge(
        ALGORITHM,
        cost,
        counter=FEWEST_TRIES + secrets.randbelow(MORE_TRIES),
        expires_at=now + LIFE,
        hmac_secret=keys.lookup("", purpose=_WORK),
        hmac_key_secret=keys.lookup("", purpose=_WORK_KEY),
    )
    found: dict[str, Any] = made.to_dict()
    return found


def worked(payload: str, keys: KeyRing) -> bytes | None:
    """What is used up with this calculation; None when it is wrong, too old or none of ours."""
    pairs = zip(keys.lookups("", purpose=_WORK), keys.lookups("", purpose=_WORK_KEY), strict=True)
    for signing, solving in pairs:
        try:
            if not altcha.verify_solution(payload, signing, hmac_key_secret=solving).verified:
                continue
            parameters = altcha.Payload.from_base64(payload).challenge.parameters
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):  # it is anybody's text
            return None
        return hashlib.sha256(f"work {parameters.nonce} {parameters.salt}".encode()).digest()
    return None


def ticket(keys: KeyRing, valid_from: datetime) -> str:
    """A ticket that is good from a moment on."""
    raw = secrets.token_bytes(_ID_BYTES) + int(valid_from.timestamp() * 1000).to_bytes(_MOMENT_BYTES)
    return f"{_encoded(raw)}.{_encoded(keys.lookup(_encoded(raw), purpose=_TICKET))}"


def waited(text: str, keys: KeyRing, now: datetime) -> bytes | None:
    """What is used up with this ticket; None when it is too early, too late or none of ours."""
    head, _, signature = text.partition(".")
    if not _genuine(signature, (_encoded(one) for one in keys.lookups(head, purpose=_TICKET))):
        return None
    try:
        raw = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4))
    except (binascii.Error, ValueError):
        return None
    valid_from = datetime.fromtimestamp(int.from_bytes(raw[_ID_BYTES:]) / 1000, UTC)
    if not valid_from <= now < valid_from + LIFE:
        return None
    return hashlib.sha256(b"wait " + raw).digest()


def state_of(state: str, form: str) -> tuple[CitizenState, str]:
    """The state of a question in words for who asked it; `form` is that of address."""
    found = _STATES[state]
    return found, _LABELS[found][form == "formal"]


def _genuine(signature: str, possible: Iterable[str]) -> bool:
    checks = [hmac.compare_digest(signature.encode(), one.encode()) for one in possible]
    return any(checks)


def _encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
