"""Quality and speed of the search: graded queries through an engine that holds the products of a file."""

import gc
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import msgspec

from backend.catalogue.index.rules import SETTINGS
from backend.catalogue.rules.synonyms import effective, overlay, shipped
from backend.catalogue.vocabulary.service import shipped_synonyms
from backend.kit.search import Document, Engine, SearchPort
from backend.kit.search.meilisearch.temporary import TemporaryIndex

BODY = {"description": "description", "conditions": "conditions", "procedure": "procedures", "cost": "costs"}
"""Member of a line -> name of the field in the product's own index."""

FACETS = {"themes": "theme", "audience": "audience", "type": "type"}
_WARM = 20
_NEW_WORDS = 0.03
_WORD = re.compile(r"[a-z]{4,}")
_PLACES = ("zonder", "water", "berg", "dam", "hove", "kerke", "linde", "molen", "ooster", "wijk", "beek", "donk")


class Unusable(ValueError):
    """A file that cannot be measured with; the message says where and why."""


def lines(path: Path) -> list[dict[str, Any]]:
    """The objects of a file: one per line, or one JSON list.

    Raises:
        Unusable: it is no such file.
    """
    raw = path.read_bytes()
    try:
        if raw.lstrip().startswith(b"["):
            return msgspec.json.decode(raw, type=list[dict[str, Any]])
        return [msgspec.json.decode(line, type=dict[str, Any]) for line in raw.splitlines() if line.strip()]
    except msgspec.DecodeError as error:
        raise Unusable(f"{path.name}: {error}") from error


def texts(value: object) -> tuple[str, ...]:
    """A member that may be a text, a list of texts, or nothing."""
    if isinstance(value, list | tuple):
        return tuple(str(one) for one in value if one not in {None, ""})
    return (str(value),) if value not in {None, ""} else ()


def documents(rows: Iterable[dict[str, Any]]) -> list[Document]:
    """What an engine finds; a line without an id or a title is left out."""
    return [
        Document(
            id=str(row["id"]),
            title=str(row["title"]),
            keywords=texts(row.get("keywords")),
            body={field: body for name, field in BODY.items() if (body := "\n".join(texts(row.get(name))))},
            facets={facet: codes for name, facet in FACETS.items() if (codes := texts(row.get(name)))},
        )
        for row in rows
        if row.get("id") not in {None, ""} and row.get("title")
    ]


def queries(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Graded queries; one without grades expects nothing."""
    return [
        {
            "query": str(row["query"]),
            "kind": str(row.get("kind") or "other"),
            "relevant": {str(name): int(grade) for name, grade in (row.get("relevant") or {}).items()},
        }
        for row in rows
        if row.get("query") is not None
    ]


def grown(rows: list[dict[str, Any]], number: int) -> list[dict[str, Any]]:
    """As many rows as asked: the rows themselves, then variations with words of their own, always the same."""
    chance = random.Random(len(rows))
    known = sorted({word for row in rows for word in _WORD.findall(str(row.get("title")).lower())}) or ["product"]

    def varied(text: str) -> str:
        return " ".join(
            chance.choice(known) + chance.choice(known) if chance.random() < _NEW_WORDS else word
            for word in text.split()
        )

    def variation(row: dict[str, Any], turn: int) -> dict[str, Any]:
        place = "".join(chance.sample(_PLACES, 2))
        more = {name: varied("\n".join(texts(row.get(name)))) for name in BODY}
        return {**row, **more, "id": f"{row.get('id')}~{turn}", "title": f"{row.get('title')} {place}"}

    wanted = max(number - len(rows), 0) if rows else 0
    return rows + [variation(rows[place % len(rows)], place // len(rows) + 1) for place in range(wanted)]


def synonyms(path: Path | None) -> tuple[tuple[str, ...], ...]:
    """Groups of phrases: those that the product ships, or those of a file (JSON, key -> list of phrases).

    Raises:
        Unusable: it is no such file.
    """
    held = shipped_synonyms()
    if path is not None:
        try:
            held = shipped(msgspec.json.decode(path.read_bytes(), type=dict[str, list[str]]))
        except msgspec.DecodeError as error:
            raise Unusable(f"{path.name}: {error}") from error
    return effective(overlay(held, []).values())


@contextmanager
def engine(
    name: str, held: Sequence[Document], groups: Sequence[Sequence[str]], url: str, key: str
) -> Iterator[tuple[SearchPort, float]]:
    """An engine that holds the documents, and the seconds that it took to fill."""
    began = perf_counter()
    if name == "meilisearch":
        with TemporaryIndex(url, key, held, groups, SETTINGS) as there:
            yield there, perf_counter() - began
    else:
        here = Engine.build(held, groups, SETTINGS)
        yield here, perf_counter() - began


def patching(found: Engine, held: Sequence[Document]) -> float:
    """The seconds it takes to patch an engine after an edit of five products, the middle one of three times."""
    edited = [msgspec.structs.replace(one, title=f"{one.title} bijgewerkt") for one in held[:: max(len(held) // 5, 1)]]

    def once() -> float:
        began = perf_counter()
        found.patched(edited)
        return perf_counter() - began

    return median(once() for _ in range(3))


def warm(found: SearchPort, golden: Sequence[dict[str, Any]]) -> None:
    """Let the first searches pass: what is measured is the search of a process at work."""
    for case in golden[:_WARM]:
        found.search(case["query"])
    gc.collect()
