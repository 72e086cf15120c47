"""Keyset pagination: a page starts after the sort values of the last item of the page before.

A cursor is those values, packed so that clients treat it as opaque: `base64url(check (8 bytes) | msgpack)`.
The check (keyed BLAKE2b) binds it to one list: a cursor of another list, another order or another type of
value is refused. It is not encrypted, so sort on nothing that may not stand in a URL. Without `key` it only
notices accidents; with a secret key nobody can make one up.
"""

import hmac
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Any

import msgspec

DEFAULT_LIMIT = 25
MAX_LIMIT = 100
LONGEST_CURSOR = 4096
"""Characters of a cursor that is made or read; fits into every server's limit for a request line."""

_CHECK_BYTES = 8
_INTEGER = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]  # PostgreSQL's bigint
_MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]
_TYPES: dict[Any, Any] = {
    int: _INTEGER,
    datetime: _MOMENT,
    int | None: _INTEGER | None,
    datetime | None: _MOMENT | None,
}


class CursorInvalid(ValueError):
    """The text is not a cursor of this list."""


class PageRequest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which page is asked.

    Attributes:
        limit: Items on the page, 1 to 100.
        cursor: `next` of the page before; None for the first page.

    Raises:
        ValueError: `limit` is out of range.
    """

    limit: Annotated[int, msgspec.Meta(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: str | None = None

    def __post_init__(self) -> None:
        if not 1 <= self.limit <= MAX_LIMIT:
            raise ValueError(f"limit must be 1 to {MAX_LIMIT}")


def encode_cursor(values: tuple[Any, ...], *, scope: str = "", key: bytes = b"") -> str:
    """Pack the sort values of the last item of a page.

    Args:
        values: Text, integers, floats, booleans, UUIDs, dates, aware datetimes or None, in the order of sorting.
        scope: Name of the list and its order.
        key: Secret of at most 64 bytes; empty for a check against accidents only.

    Raises:
        ValueError: A datetime without zone, or values that make a cursor of more than 4096 characters.
        TypeError: A value of another type.
    """
    if any(isinstance(value, datetime) and value.utcoffset() is None for value in values):
        raise ValueError("a moment in a cursor needs a time zone")
    packed = msgspec.msgpack.encode(values, enc_hook=_packed_uuid)
    cursor = _unpadded(_check(packed, scope, key) + packed)
    if len(cursor) > LONGEST_CURSOR:
        raise ValueError("the sort values are too long for a cursor")
    return cursor


def decode_cursor(text: str, types: tuple[Any, ...], *, scope: str = "", key: bytes = b"") -> tuple[Any, ...]:
    """Unpack a cursor.

    Args:
        text: What the client sent.
        types: Type of each value, such as `(datetime, UUID)` or `(str | None, int)`.
        scope: The same as when it was made.
        key: The same as when it was made.

    Returns:
        The values, of exactly these types; every one fits into PostgreSQL.

    Raises:
        CursorInvalid: Malformed, changed, or of another list.
    """
    if not text.isascii() or len(text) > LONGEST_CURSOR:
        raise CursorInvalid("not a cursor")
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise CursorInvalid("not a cursor") from None
    if _unpadded(raw) != text:  # the decoder skips foreign characters
        raise CursorInvalid("not a cursor")
    check, packed = raw[:_CHECK_BYTES], raw[_CHECK_BYTES:]
    if not hmac.compare_digest(check, _check(packed, scope, key)):
        raise CursorInvalid("not a cursor of this list")
    try:
        values = _decoder(types)(packed)
    except (msgspec.MsgspecError, ValueError):
        raise CursorInvalid("not a cursor of this list") from None
    if not all(map(_storable, values)):
        raise CursorInvalid("not a cursor")
    return values


def _storable(value: object) -> bool:
    """Say whether PostgreSQL can compare with a value that has the right type."""
    if isinstance(value, str):
        return "\x00" not in value
    return not (isinstance(value, float) and math.isnan(value))


def _unpadded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _packed_uuid(value: object) -> str:
    """Pack UUIDs of other libraries (uuid-utils) as text; msgspec only knows its own."""
    if hasattr(value, "hex") and hasattr(value, "int"):
        return str(value)
    raise TypeError(f"a cursor cannot hold a {type(value).__name__}")


def _check(packed: bytes, scope: str, key: bytes) -> bytes:
    hashed = blake2b(scope.encode(), digest_size=_CHECK_BYTES, key=key)
    hashed.update(b"\x00" + packed)
    return hashed.digest()


@lru_cache(maxsize=256)
def _decoder(types: tuple[Any, ...]) -> Callable[[bytes], tuple[Any, ...]]:
    """Return a strict decoder for a tuple of these types."""
    return msgspec.msgpack.Decoder(tuple[tuple(_TYPES.get(one, one) for one in types)]).decode  # type: ignore[misc] # made at run time
