"""What an index holds: a document per thing to find, in words the server can match, and one that says what it is.

Meilisearch knows no Dutch stems and splits no compounds, so the words of a document are kept beside its texts as stems
(`titleTerms`, `keywordTerms`, `bodyTerms`) and the stems of the halves of its compounds (`parts`).
"""

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from backend.kit.search.dutch import words
from backend.kit.search.index import Index
from backend.kit.search.port import Document
from backend.kit.search.stop_words import STOP_WORDS

META = "_meta"
"""Id of the document that says what the index was made from."""

META_WORD = "xxaboutthisindexxx"
"""Its only word. It needs one: what is found without a word has no score and comes last, whatever its weight."""

TERMS = ("titleTerms", "keywordTerms", "parts", "bodyTerms")
TEXTS = ("title", "keywords", "body")
OWN = frozenset({"id", "digest", "flags", *TERMS, *TEXTS})
"""Names that a facet cannot have."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,500}")
_KEY = "id"

Contents = dict[str, dict[str, Any]]
"""Id in the index -> the document as it is sent, with its `digest`."""


def key_of(document_id: str) -> str:
    """The id of a document in the index: its own where the server's rules allow that, else a hash of it."""
    if _ID.fullmatch(document_id) and document_id != META:
        return document_id
    return "x" + hashlib.sha256(document_id.encode()).hexdigest()


def contents_of(documents: Iterable[Document], index: Index) -> Contents:
    """Every document as it is sent (about 1 ms each); `index` knows the stems and parts of their words."""
    made = (_sent(document, index) for document in documents)
    return {one[_KEY]: one for one in made}


class Signatures:
    """Says with which documents, synonyms and settings an index was made; remembers the digest of each document."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[Document, bytes]] = {}

    def of(self, documents: Iterable[Document], phrases: Sequence[Sequence[Sequence[str]]], settings: str) -> str:
        """The same for the same documents, groups of synonym phrases and hash of settings; in every process."""
        known: dict[str, tuple[Document, bytes]] = {}
        for document in documents:
            held = self._known.get(document.id)
            known[document.id] = held if held and held[0] is document else (document, _digest(document))
        self._known = known
        whole = hashlib.sha256(settings.encode())
        whole.update(msgspec.json.encode(phrases))
        for name in sorted(known):
            whole.update(known[name][1])
        return whole.hexdigest()


def _digest(document: Document) -> bytes:
    plain = (document.id, document.title, document.keywords, document.body, document.facets, sorted(document.flags))
    return hashlib.sha256(msgspec.json.encode(plain)).digest()


def _sent(document: Document, index: Index) -> dict[str, Any]:
    keywords = " \n ".join(document.keywords)
    body = "\n".join(document.body.values())
    sent: dict[str, Any] = {
        _KEY: key_of(document.id),
        "title": document.title,
        "keywords": list(document.keywords),
        "body": body,
        "titleTerms": _terms(document.title, index),
        "keywordTerms": _terms(keywords, index),
        "parts": " ".join(dict.fromkeys(_parts(f"{document.title} \n {keywords}", index))),
        "bodyTerms": " ".join((_terms(body, index), *dict.fromkeys(_parts(body, index)))),
        "flags": sorted(document.flags),
        **{name: list(values) for name, values in document.facets.items()},
    }
    sent["digest"] = hashlib.sha256(_written(sent)).hexdigest()
    return sent


def _terms(text: str, index: Index) -> str:
    return " ".join(index.stem(word) for word in words(text) if word not in STOP_WORDS)


def _parts(text: str, index: Index) -> Iterator[str]:
    for word in words(text):
        yield from (term for term, _ in index.terms.get(word, ())[1:])


def meta_document(signature: str, settings: str, seen: str) -> dict[str, str]:
    """The document that says what the index was made from.

    Args:
        signature: of documents, synonyms and settings.
        settings: hash of the settings as we sent them.
        seen: hash of the settings as the server showed them afterwards.
    """
    return {_KEY: META, TERMS[0]: META_WORD, "signature": signature, "settings": settings, "seen": seen}


def settings_hash(settings: Mapping[str, Any]) -> str:
    """A hash of settings that does not depend on the order of names, nor of values where the server keeps none."""
    return hashlib.sha256(_written(_canonical(settings))).hexdigest()


_ORDERED = frozenset({"searchableAttributes", "rankingRules"})


def _canonical(value: object, name: str = "") -> object:
    if isinstance(value, Mapping):
        return {key: _canonical(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple) and name not in _ORDERED:
        return sorted((_canonical(one) for one in value), key=_written)
    return value


def _written(value: object) -> bytes:
    return msgspec.json.encode(value, order="deterministic")
