"""The search as a client meets it: the products of a file in a platform of its own, one keep-alive connection."""

import asyncio
import http.client
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Self
from urllib.parse import quote, urlencode

import asyncpg
import msgspec
from uuid_utils.compat import uuid7

from backend.catalogue.rules.facts import Condition, Item, Procedure, ProductFacts
from backend.kit.search import Document, Hit, SearchResult
from scripts.benchmarks.stack import Stack, served, stack

_INSERT = """
INSERT INTO product (id, source, external_id, snapshot_id, facts, content_hash, status, imported_at)
VALUES ($1, 'benchmark', $2, $2, $3::text::jsonb, $2, 'published', $4)
"""


class HttpSearch:
    """The search of a running platform as an engine, on one connection.

    Args:
        port: of the platform on this machine.
        token: of who searches.
        names: id of the product -> id in the file.
    """

    def __init__(self, port: int, token: str, names: Mapping[str, str]) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}"}
        self._names = names

    def search(
        self,
        query: str,
        *,
        limit: int = 10,
        filters: Mapping[str, Sequence[str]] | None = None,
        hide: frozenset[str] = frozenset(),
    ) -> SearchResult:
        """The best products; graded queries neither filter nor hide.

        Raises:
            RuntimeError: the answer is no 200.
            ValueError: filters or flags were given.
        """
        if filters or hide:
            raise ValueError("graded queries neither filter nor hide")
        asked = urlencode({"q": query, "limit": limit}, quote_via=quote)
        self._connection.request("GET", f"/products?{asked}", headers=self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.OK:
            raise RuntimeError(f"GET /products?{asked}: {answer.status} {body[:500]!r}")
        page = msgspec.json.decode(body)
        hits = [Hit(id=self._names[one["id"]], score=0.0, matched=[], highlights={}) for one in page["items"]]
        return SearchResult(hits=hits, total=page["total"], facets={})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self._connection.close()


@contextmanager
def over_http(held: Sequence[Document]) -> Iterator[HttpSearch]:
    """A platform of its own with these products, one API process, and a connection of an agent to it."""
    with stack() as running:
        names = asyncio.run(_fill(running, held))
        with (
            served(running, workers=1) as (port, _),
            HttpSearch(port, running.people.tokens["agent"], names) as connection,
        ):
            yield connection


async def _fill(running: Stack, held: Sequence[Document]) -> dict[str, str]:
    names = {str(uuid7()): document for document in held}
    now = datetime.now(UTC)
    rows = [(identity, one.id, msgspec.json.encode(_facts(one)).decode(), now) for identity, one in names.items()]
    connection = await asyncpg.connect(running.administrator())
    try:
        await connection.executemany(_INSERT, rows)
    finally:
        await connection.close()
    return {identity: document.id for identity, document in names.items()}


def _facts(document: Document) -> ProductFacts:
    def said(field: str) -> dict[str, Any]:
        text = document.body.get(field, "")
        return {"description": {"nl": text}} if text else {}

    return ProductFacts(
        external_id=document.id,
        snapshot_id=document.id,
        name={"nl": document.title},
        description=said("description").get("description", {}),
        conditions=(Condition(**said("conditions")),) if said("conditions") else (),
        procedures=(Procedure(**said("procedures")),) if said("procedures") else (),
        costs=(Item(**said("costs")),) if said("costs") else (),
        keywords=document.keywords,
        themes=document.facets.get("theme", ()),
        audiences=document.facets.get("audience", ()),
        type=next(iter(document.facets.get("type", ())), None),
    )
