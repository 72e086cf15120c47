"""By what a mail shows that it goes on about a question."""

import re
from collections.abc import Iterable
from uuid import UUID

from backend.kit.reference import ReferenceInvalid, parse_reference

_REFERENCE = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z]{3}[-‐-― ]?[0-9A-Za-z]{3}[-‐-― ]?[0-9A-Za-z]{3}(?![0-9A-Za-z])")
_MOST = 10


def references(subject: str) -> tuple[str, ...]:
    """The references of questions in a subject; each has the right check symbol."""
    found: dict[str, None] = {}
    for start in range(len(subject)):
        # from every place: a word before it may look like its beginning
        if (start == 0 or not subject[start - 1].isalnum()) and (match := _REFERENCE.match(subject, start)):
            try:
                found[parse_reference(match[0])] = None
            except ReferenceInvalid:
                continue
    return tuple(found)[:_MOST]


def our_ids(text: str, domain: str) -> tuple[UUID, ...]:
    """The ids of our mails (`<id@domain>`) that a text names, in its order, each once."""
    pattern = re.compile(
        rf"<([0-9a-f]{{8}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{4}}-[0-9a-f]{{12}})@{re.escape(domain)}>",
        re.IGNORECASE,
    )
    found = dict.fromkeys(UUID(match[1]) for match in pattern.finditer(text))
    return tuple(found)[:_MOST]


def foreign(ids: Iterable[str], domain: str) -> list[str]:
    """Message-IDs that are not ours."""
    return [one for one in ids if not our_ids(one, domain)]
