"""References that people can read aloud, write down and type: `4F7-K2M-9XF`.

Nine symbols of Crockford's base32 (digits and letters without I, L, O and U), the last one a check symbol.
A reference is random, not a counter, so it tells nothing about how many there are or who came first, and all
have one length, so none is the beginning of another. Draws with three letters in a row are thrown away:
they spell words, and digits in between are easier to read aloud. About 2**37.5 references remain.

The check. Crockford's own check (mod 37) needs five extra signs such as `*` and `=`, which nobody can read
aloud. Here the 32 symbols are the elements of the field GF(2**5), and a reference is valid when
`sum(symbol[i] * a**(8-i)) == 0` with `a` a generator of the field. Its 31 powers are different and never zero,
so with nine places the check, itself an ordinary symbol, catches every error in one place, every swap of two
different symbols wherever they stand, and every doubled error such as 55 for 33. Other errors slip through
once in 32.
"""

import hashlib
import re
import secrets
from itertools import count

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""The symbols in order of their value."""

LENGTH = 9
"""Symbols of a reference, the check symbol included and the hyphens not."""

_FIELD = 0b100101  # x**5 + x**2 + 1, primitive: x generates the whole field
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_READ = str.maketrans(
    {letter: letter.upper() for letter in ALPHABET.lower()}
    | dict.fromkeys("oO", "0")
    | dict.fromkeys("iIlL", "1")
    | dict.fromkeys(" \t\r\n\u00a0\u202f-\u2010\u2011\u2012\u2013\u2014._/")
)
_WORDS = re.compile(r"[A-Z]{3}")
_LONGEST_TYPED = 64
_BITS = 5 * (LENGTH - 1)


class ReferenceInvalid(ValueError):
    """The text is not a reference: wrong length, a foreign symbol, or a check symbol that does not fit."""


def new_reference() -> str:
    """Draw a new reference, written as `XXX-XXX-XXX` (11 characters).

    Two draws are equal with a chance of about 1 in 2**37.5: the caller needs a unique constraint.
    """
    while True:
        if shown := _drawn(secrets.randbits(_BITS)):
            return shown


def derived_reference(seed: bytes) -> str:
    """The reference that belongs to a seed: the same seed gives the same one, other seeds give random ones.

    Args:
        seed: bytes that are hard to guess.
    """
    for attempt in count():
        digest = hashlib.sha256(seed + attempt.to_bytes(4)).digest()
        if shown := _drawn(int.from_bytes(digest) >> 8 * len(digest) - _BITS):
            return shown
    raise AssertionError  # count() does not end


def _drawn(bits: int) -> str | None:
    """The reference of these bits; None when it would spell a word."""
    drawn = [bits >> shift & 31 for shift in range(0, _BITS, 5)]
    # the check symbol c makes the sum zero: a * fold(drawn) + c = 0, and in this field -c = c
    symbols = "".join(ALPHABET[value] for value in (*drawn, _times_a(_fold(drawn))))
    return None if _WORDS.search(symbols) else _shown(symbols)


def parse_reference(text: str) -> str:
    """Return the reference that somebody typed or read aloud, written as `XXX-XXX-XXX`.

    Lower case, spaces, hyphens, dots and slashes do not matter; O counts as 0, I and L as 1.

    Raises:
        ReferenceInvalid: It is not a reference or it holds an error.
    """
    if len(text) > _LONGEST_TYPED:
        raise ReferenceInvalid("too long for a reference")
    symbols = text.translate(_READ)
    if len(symbols) != LENGTH:
        raise ReferenceInvalid(f"a reference has {LENGTH} symbols")
    values = [_VALUE.get(symbol, -1) for symbol in symbols]
    if min(values) < 0:
        raise ReferenceInvalid("a reference holds digits and letters only")
    if _fold(values):
        raise ReferenceInvalid("the check symbol does not fit")
    return _shown(symbols)


def _shown(symbols: str) -> str:
    return "-".join(symbols[start : start + 3] for start in range(0, LENGTH, 3))


def _times_a(value: int) -> int:
    """Multiply an element of GF(2**5) by the generator."""
    doubled = value << 1
    return doubled ^ _FIELD if doubled >= len(ALPHABET) else doubled


def _fold(values: list[int]) -> int:
    """Return the weighted sum of symbols in GF(2**5), the last one with weight 1 (Horner's scheme)."""
    total = 0
    for value in values:
        total = _times_a(total) ^ value
    return total
