"""Keeps an index equal to a collection of documents: only what differs is sent; what cannot be mended is built anew.

Readers never notice: the document about the index changes last, so an index that is half-way says what it was, and a
rebuild happens beside it and is swapped in. Two of these at the same time on one index would undo each other: the
caller sees to it that there is one.
"""

import contextlib
from typing import Any, Literal
from uuid import uuid4

import msgspec

from backend.kit.search.meilisearch.administration import Administration
from backend.kit.search.meilisearch.contents import Contents, meta_document, settings_hash
from backend.kit.search.meilisearch.faults import Fault, Mismatch
from backend.kit.search.meilisearch.reader import Reader

BEHIND = "behind"
"""The one difference that can be mended by sending what differs."""


class Upkeep(msgspec.Struct, frozen=True, kw_only=True):
    """What was done to an index.

    Attributes:
        action: `nothing` when it was right already.
        reason: why it was built anew; empty otherwise.
        sent: documents added or replaced.
        removed: documents removed.
    """

    action: Literal["nothing", "changed", "rebuilt"]
    reason: str = ""
    sent: int = 0
    removed: int = 0


def bring_up_to_date(admin: Administration, uid: str, reader: Reader) -> Upkeep:
    """Make the index what these documents, synonyms and settings say.

    Raises:
        Fault: the server could not be brought to it.
    """
    reason = differs(admin, uid, reader)
    if not reason:
        return Upkeep(action="nothing")
    if reason == BEHIND:
        return _send_difference(admin, uid, reader)
    return rebuild(admin, uid, reader, reason=reason)


def differs(admin: Administration, uid: str, reader: Reader) -> str:
    """Why the index is not what it should be; empty when it is.

    Raises:
        Fault: the server does not say.
    """
    about = admin.about(uid)
    if reason := _wrong(admin, uid, reader, about):
        return reason
    if about is not None and about.get("signature") != reader.signature:
        return BEHIND
    return "" if admin.count(uid) == reader.size + 1 else "documents"


def _wrong(admin: Administration, uid: str, reader: Reader, about: dict[str, Any] | None) -> str:
    """Why this index cannot be mended; empty when it can."""
    if about is None:
        return "missing"
    if about.get("settings") != reader.version:
        return "settings"
    if about.get("seen") != settings_hash(admin.shown_settings(uid)):
        return "settings changed elsewhere"
    return ""


def _send_difference(admin: Administration, uid: str, reader: Reader) -> Upkeep:
    contents = reader.contents()
    held = admin.digests(uid)
    gone = sorted(held.keys() - contents.keys())
    fresh = [document for key, document in contents.items() if held.get(key) != document["digest"]]
    synonyms = reader.settings()["synonyms"]
    shown = admin.shown_settings(uid)
    if shown.get("synonyms", {}) != synonyms:
        admin.configure(uid, {"synonyms": synonyms})
        shown = admin.shown_settings(uid)
    admin.remove(uid, gone)
    admin.add(uid, [*fresh, meta_document(reader.signature, reader.version, settings_hash(shown))])
    if admin.count(uid) != len(contents) + 1:
        return rebuild(admin, uid, reader, reason="documents")
    return Upkeep(action="changed", sent=len(fresh), removed=len(gone))


def rebuild(admin: Administration, uid: str, reader: Reader, *, reason: str = "asked") -> Upkeep:
    """Fill another index and put it in the place of this one; searches go on meanwhile.

    Raises:
        Fault: it did not come about; the index is what it was.
    """
    beside = f"{uid}_new_"
    for stale in admin.names(beside):
        admin.delete(stale)
    temporary = f"{beside}{uuid4().hex[:12]}"
    contents = reader.contents()
    try:
        _fill(admin, temporary, reader, contents)
        if uid not in admin.names(uid):
            admin.create(uid)
        admin.swap(uid, temporary)
    except Fault:
        with contextlib.suppress(Fault):  # the next rebuild removes it
            admin.delete(temporary)
        raise
    admin.delete(temporary)
    return Upkeep(action="rebuilt", reason=reason, sent=len(contents))


def _fill(admin: Administration, uid: str, reader: Reader, contents: Contents) -> None:
    admin.create(uid)
    admin.configure(uid, reader.settings())
    seen = settings_hash(admin.shown_settings(uid))
    admin.add(uid, [*contents.values(), meta_document(reader.signature, reader.version, seen)])
    if (found := admin.count(uid)) != len(contents) + 1:
        raise Mismatch("documents_lost", f"{found} of {len(contents) + 1}")
