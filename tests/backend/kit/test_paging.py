import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import msgspec
import pytest
import uuid_utils
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.kit.paging import CursorInvalid, PageRequest, _check, decode_cursor, encode_cursor

quick = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
MOMENT = datetime(2026, 3, 3, 10, 0, 0, 123456, tzinfo=UTC)
ID = UUID("0190b7a2-0000-7000-8000-000000000001")
KEY = b"k" * 32


def cursor_of(packed: bytes) -> str:
    """Return a cursor with a fitting check around any content, as anybody can who reads this source."""
    return urlsafe_b64encode(_check(packed, "", b"") + packed).rstrip(b"=").decode()


@quick
@given(
    st.tuples(
        st.text().map(lambda text: text.replace("\x00", "")).filter(lambda text: len(text) < 100),
        st.integers(-(2**63), 2**63 - 1),
        st.floats(allow_nan=False),
        st.booleans(),
        st.uuids(),
        st.dates(),
        st.datetimes(timezones=st.just(UTC)),
        st.none() | st.integers(-5, 5),
        st.none() | st.datetimes(timezones=st.just(UTC)),
    )
)
def test_values_come_back_as_they_were(values: tuple[Any, ...]) -> None:
    types = (str, int, float, bool, UUID, date, datetime, int | None, datetime | None)
    cursor = encode_cursor(values, scope="worklist", key=KEY)
    again = decode_cursor(cursor, types, scope="worklist", key=KEY)
    assert again == values
    assert [type(value) for value in again] == [type(value) for value in values]
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?#% ")


def test_moments_keep_their_microseconds_and_other_uuids_are_welcome() -> None:
    zone = timezone(timedelta(hours=2))
    own = uuid_utils.uuid7()
    cursor = encode_cursor((MOMENT.astimezone(zone), own))
    assert decode_cursor(cursor, (datetime, UUID)) == (MOMENT, UUID(str(own)))
    assert len(cursor) < 90


def test_a_cursor_of_another_list_is_refused() -> None:
    cursor = encode_cursor((MOMENT, ID), scope="worklist:deadline", key=KEY)
    assert decode_cursor(cursor, (datetime, UUID), scope="worklist:deadline", key=KEY) == (MOMENT, ID)
    assert _check(b"x", "list", KEY) != _check(b"", "listx", KEY)
    for types, scope, key in (
        ((datetime, UUID), "worklist:created", KEY),
        ((datetime, UUID), "worklist:deadline", b"x" * 32),
        ((datetime, UUID), "worklist:deadline", b""),
        ((datetime,), "worklist:deadline", KEY),
        ((datetime, UUID, UUID), "worklist:deadline", KEY),
        ((str, UUID), "worklist:deadline", KEY),
        ((UUID, datetime), "worklist:deadline", KEY),
        ((int, int), "worklist:deadline", KEY),
    ):
        with pytest.raises(CursorInvalid):
            decode_cursor(cursor, types, scope=scope, key=key)


def test_every_changed_or_missing_character_is_noticed() -> None:
    cursor = encode_cursor((MOMENT, ID, "Peeters"))
    types = (datetime, UUID, str)
    for place, char in enumerate(cursor):
        for other in {"A", "B", "_", "!", "é", " ", "="} - {char}:
            with pytest.raises(CursorInvalid):
                decode_cursor(cursor[:place] + other + cursor[place + 1 :], types)
            with pytest.raises(CursorInvalid):  # inserted: the base64 decoder would skip some of them
                decode_cursor(cursor[:place] + other + cursor[place:], types)
        with pytest.raises(CursorInvalid):
            decode_cursor(cursor[:place], types)
    for more in ("=", "==", "A", "\n"):
        with pytest.raises(CursorInvalid):
            decode_cursor(cursor + more, types)


@quick
@given(st.text() | st.binary().map(lambda raw: urlsafe_b64encode(raw).decode().rstrip("=")))
def test_no_text_breaks_the_decoder(text: str) -> None:
    with pytest.raises(CursorInvalid):
        decode_cursor(text, (str, int))


@quick
@given(st.binary(max_size=60))
def test_crafted_content_never_breaks_the_decoder(packed: bytes) -> None:
    for types in ((str,), (int,), (datetime,), (date, UUID), (float, bool), (str | None, datetime | None)):
        try:
            values = decode_cursor(cursor_of(packed), types)
        except CursorInvalid:
            continue
        assert len(values) == len(types)


@pytest.mark.parametrize(
    ("content", "types"),
    [
        (("a\x00b",), (str,)),
        ((2**63,), (int,)),
        ((0, 2**64 - 1), (int, int)),
        ((math.nan,), (float,)),
        (("2026-03-03T10:00:00",), (datetime,)),  # no zone
        ((1,), (bool,)),
        ((True,), (int,)),
        ((None,), (int,)),
        ((1.5,), (int,)),
        (("x",), (UUID,)),
        ({"a": 1}, (str,)),
        ((["a"],), (str,)),
    ],
)
def test_crafted_values_that_no_database_takes_are_refused(content: object, types: tuple[Any, ...]) -> None:
    with pytest.raises(CursorInvalid):
        decode_cursor(cursor_of(msgspec.msgpack.encode(content)), types)


def test_crafted_timestamps_are_refused() -> None:
    for payload in (b"\xff" * 12, b"\x3b\x9a\xca\x00" + b"\x00" * 8, b"\x00" * 4 + b"\x7f" * 8):
        packed = b"\x91\xc7\x0c\xff" + payload  # an array of one extension -1: nanoseconds, seconds
        with pytest.raises(CursorInvalid):
            decode_cursor(cursor_of(packed), (datetime,))


def test_long_text_is_not_even_read() -> None:
    longest = "x" * 3000
    assert decode_cursor(encode_cursor((longest,)), (str,)) == (longest,)
    with pytest.raises(ValueError, match="too long"):
        encode_cursor(("x" * 3100,))
    with pytest.raises(CursorInvalid):
        decode_cursor(cursor_of(msgspec.msgpack.encode(("x" * 3100,))), (str,))


def test_what_cannot_be_a_cursor_is_a_mistake_of_the_programmer() -> None:
    with pytest.raises(ValueError, match="time zone"):
        encode_cursor((datetime(2026, 3, 3),))  # noqa: DTZ001 - exactly what must be refused
    with pytest.raises(TypeError):
        encode_cursor((object(),))


def test_a_page_request_knows_its_bounds() -> None:
    assert PageRequest() == PageRequest(limit=25, cursor=None)
    assert PageRequest(limit=1).limit == 1
    assert PageRequest(limit=100).limit == 100
    for limit in (0, -1, 101):
        with pytest.raises(ValueError, match="1 to 100"):
            PageRequest(limit=limit)
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert({"limit": limit}, PageRequest)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"offset": 1}, PageRequest)


def test_a_cursor_hides_nothing_but_is_bound() -> None:
    """Document that a cursor is readable: nothing secret may be sorted on."""
    cursor = encode_cursor(("Peeters",), key=KEY)
    assert b"Peeters" in urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
