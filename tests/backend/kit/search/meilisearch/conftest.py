"""A small collection of documents, and a server that speaks as Meilisearch does."""

from collections.abc import Iterator

import pytest

from backend.kit.search import Document, Engine
from backend.kit.search.meilisearch.administration import Administration
from backend.kit.search.meilisearch.reader import Reader
from tests.backend.kit.search.meilisearch.server import MASTER, Server, running

FACETS = ("theme", "audience")
SYNONYMS = (("reispas", "paspoort", "passport"), ("grofvuil", "matras", "grof huisvuil"), ("huisvuil", "vuilnis"))


def document(name: str, title: str, body: str = "", theme: str = "city", *keywords: str) -> Document:
    return Document(
        id=name,
        title=title,
        keywords=keywords,
        body={"description": body} if body else {},
        facets={"theme": (theme,), "audience": ("citizen",)},
    )


TYPED = (
    ("reispas", "passport"),
    ("paspoort", "passport"),
    ("pasport", "passport"),
    ("paspo", "passport"),
    ("grof vuil", "bulky"),
    ("mijn oude matras", "bulky"),
    ("grof huisvuil", "bulky"),
    ("subsidie voor huren", "rent"),
    ("huursubsidies", "rent"),
    ("identiteitskaarten", "card"),
    ("vuilniszakken", "waste"),
    ("vreemde eend", "met vreemd: id/€"),
)
"""What people type, and the id of what should come first."""

DOCUMENTS = (
    document("passport", "Aanvraag reispas", "Voor reizen buiten Europa.", "travel"),
    document("card", "Elektronische identiteitskaart", "Voor elke inwoner vanaf 12 jaar.", "travel", "eid"),
    document("bulky", "Ophaling grofvuil", "Wij halen grote stukken op.", "waste"),
    document("waste", "Huisvuilzakken kopen", "Zakken voor huisvuil.", "waste", "restafval"),
    document("rent", "Huursubsidie", "Een tegemoetkoming in uw huurprijs.", "living"),
    document("parking", "Bewonerskaart voor parkeren", "Parkeren in uw eigen straat.", "mobility"),
    Document(id="met vreemd: id/€", title="Vreemde eend", flags=frozenset({"internal"}), facets={"theme": ("city",)}),
)


def reader_of(*documents: Document, synonyms: tuple[tuple[str, ...], ...] = SYNONYMS) -> Reader:
    return Reader(Engine.build(documents, synonyms), documents, synonyms, FACETS)


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as made:
        yield made


@pytest.fixture
def admin(server: Server) -> Administration:
    return Administration(server.url, MASTER, seconds=20)


@pytest.fixture(scope="session")
def reader() -> Reader:
    return reader_of(*DOCUMENTS)
