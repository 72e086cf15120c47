"""Keys as keyed hashes, profiles encrypted."""

from collections.abc import Iterable
from uuid import UUID

import msgspec

from backend.crm.matching.rules import COUNTED, Prepared, kind_of
from backend.kit.crypto import KeyRing

PURPOSE = "match"
_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Prepared).decode
_SSIN_HEX = 32


def hashed(texts: Iterable[str], ring: KeyRing) -> list[int]:
    """The keys under which a profile is stored, with the newest key."""
    return [_number(text, ring.lookup(text, purpose=PURPOSE)) for text in texts]


def hashed_all(texts: Iterable[str], ring: KeyRing) -> list[list[int]]:
    """For each text the keys under which profiles may have been stored, the newest version first."""
    return [[_number(text, one) for one in ring.lookups(text, purpose=PURPOSE)] for text in texts]


def ssin_hashes(digits: str, ring: KeyRing) -> list[str]:
    """A national number as `version:hash`, for all versions."""
    found = ring.lookups(digits, purpose="matchSsin")
    return [f"{version}:{one.hex()[:_SSIN_HEX]}" for version, one in zip(ring.versions, found, strict=True)]


def sealed(prepared: Prepared, customer_id: UUID, ring: KeyRing) -> bytes:
    """A profile to store."""
    return ring.encrypt(_ENCODE(prepared).decode(), table="match_profile", column="profile", row=customer_id)


def opened(blob: bytes, customer_id: UUID, ring: KeyRing) -> Prepared:
    """A profile as it was stored.

    Raises:
        DecryptionFailed: changed, of another customer, or its key is not here.
    """
    return _DECODE(ring.decrypt(blob, table="match_profile", column="profile", row=customer_id))


def _number(text: str, digest: bytes) -> int:
    """63 bits of a hash; below zero unless customers with this key are counted."""
    bits = int.from_bytes(digest[:8]) >> 1
    return bits if kind_of(text) in COUNTED else -bits - 1
