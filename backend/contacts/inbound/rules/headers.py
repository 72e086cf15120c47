"""Headers of a mail that anybody may have written: each is read on its own, so that a broken one spoils no other."""

import re
from collections import defaultdict
from datetime import UTC, datetime
from email.errors import MessageError
from email.headerregistry import AddressHeader, DateHeader
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import EmailPolicy
from typing import Any, TypeAlias

from backend.kit.identifiers import IdentifierInvalid, normalise_email
from backend.kit.text import drop_refused, without_invisible

LONGEST = 4_000
"""Characters of a header that are looked at: reading an endless one takes time in its square."""
MOST = 1_000
"""Headers that are looked at."""
HEAD = 512_000
"""Bytes within which the headers end."""

_ID = re.compile(r"<[!-;=?-~]{1,250}@[!-;=?-~]{1,250}>")
_SPACE = re.compile(r"[\x00-\x20\x7f-\xa0\u2028\u2029]+")
_MOST_IDS = 50
_HEADER_BROKEN = (
    # what `email` raises when a header is broken in a way that nobody thought of
    MessageError,
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    AssertionError,
    RecursionError,
    OverflowError,
)


Part: TypeAlias = "Message[Any, Any]"
"""A mail, or one of its parts."""


class _Careful(EmailPolicy):
    """`policy.default`, that reads no more of a header than is sensible and takes a broken one as it stands."""

    def header_fetch_parse(self, name: str, value: str) -> Any:
        """The header as `email` understands it, its text as it stands when it does not."""
        try:
            parsed = super().header_fetch_parse(name, value[:LONGEST])
            str(parsed)
        except _HEADER_BROKEN:
            return value[:LONGEST].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        return parsed


CAREFUL = _Careful(refold_source="none")


class Headers:
    """The headers of a message, by name in lower case.

    Args:
        message: parsed with `CAREFUL`, which decodes a header only when it is asked.
    """

    def __init__(self, message: Part) -> None:
        self._raw: dict[str, list[str]] = defaultdict(list)
        for name, value in list(message.raw_items())[:MOST]:
            self._raw[str(name).lower()].append(_eight_bits(str(value)[:LONGEST]))

    @property
    def empty(self) -> bool:
        """Whether there is not one."""
        return not self._raw

    def count(self, name: str) -> int:
        """How often a header is there."""
        return len(self._raw.get(name, ()))

    def __contains__(self, name: str) -> bool:
        return name in self._raw

    def raw(self, name: str) -> str:
        """The first header of this name as it was sent, on one line; empty without one."""
        return one_line(self._raw.get(name, [""])[0])

    def every(self, name: str) -> list[str]:
        """All headers of this name as they were sent, each on one line."""
        return [one_line(value) for value in self._raw.get(name, ())]

    def text(self, name: str) -> str:
        """The first header of this name in words: encoded words decoded."""
        return one_line(str(self._parsed(name)))

    def address(self, name: str) -> tuple[str, str | None]:
        """Display name and normalised address of the first valid address; None without one."""
        parsed = self._parsed(name)
        found: list[tuple[str, str]] = []
        if isinstance(parsed, AddressHeader):
            try:
                found = [(one.display_name, one.addr_spec) for one in parsed.addresses]
            except _HEADER_BROKEN:
                found = []
        bare = re.search(r"[^\s<>\"(),;:]{1,64}@[^\s<>\"(),;:]{1,190}", self.raw(name))
        for shown, typed in [*found, *([("", bare[0])] if bare else [])]:
            try:
                return one_line(shown), normalise_email(typed)
            except IdentifierInvalid:
                continue
        return (one_line(found[0][0]) if found else ""), None

    def moment(self, name: str) -> datetime | None:
        """When this header says; None when it does not say so properly."""
        parsed = self._parsed(name)
        said = parsed.datetime if isinstance(parsed, DateHeader) else None
        try:
            return said.astimezone(UTC) if said is not None and said.tzinfo is not None else None
        except (OverflowError, ValueError):
            return None

    def ids(self, name: str) -> list[str]:
        """The well-formed Message-IDs in headers of this name, the last one first."""
        return list(reversed(_ID.findall(" ".join(self.every(name)))))[:_MOST_IDS]

    def _parsed(self, name: str) -> Any:
        """The header as `email` understands it, its text as it stands when it does not."""
        values = self._raw.get(name)
        return CAREFUL.header_fetch_parse(name, values[0]) if values else ""


def message_id(raw: bytes) -> str | None:
    """The Message-ID of a mail that was not read yet."""
    try:
        head = BytesHeaderParser(policy=CAREFUL).parsebytes(raw[:HEAD])
        return next(iter(Headers(head).ids("message-id")), None)
    except _HEADER_BROKEN:
        return None


def one_line(value: str) -> str:
    """A header's text on one line, without what cannot be shown or stored."""
    return drop_refused(without_invisible(_SPACE.sub(" ", value))).strip()


def _eight_bits(value: str) -> str:
    """A header in which bytes beyond ASCII stand bare, which is against the rules and common, in words."""
    if value.isascii():
        return value
    raw = value.encode("utf-8", "surrogateescape")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")
