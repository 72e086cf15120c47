"""What a search puts first, with the synonyms that we ship, in the demo city and in catalogues of real cities."""

from pathlib import Path

import pytest

from backend.catalogue.index.rules import SETTINGS
from backend.catalogue.rules import SnapshotRefused, display, product_facts, search_keywords, search_texts
from backend.catalogue.rules.synonyms import effective, overlay
from backend.catalogue.vocabulary.service import shipped_synonyms
from backend.kit.ldes import read_latest
from backend.kit.search import Document, Engine

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "backend" / "catalogue" / "data" / "demo-ldes.json"
LPDC = ROOT.parent / "shared" / "data" / "lpdc" / "ldes"


async def ranked(source: Path, query: str) -> list[str]:
    """The titles found, the best first."""
    documents = []
    for snapshot in (await read_latest(str(source))).members:
        try:
            facts = product_facts(snapshot)
        except SnapshotRefused:
            continue
        shown = display(facts, "informal")
        keywords = search_keywords(facts, "informal")
        documents.append(Document(id=shown.name, title=shown.name, keywords=keywords, body=search_texts(shown)))
    engine = Engine.build(documents, effective(overlay(shipped_synonyms(), []).values()), SETTINGS)
    return [hit.id for hit in engine.search(query).hits]


@pytest.mark.parametrize(
    ("query", "title"),
    [
        ("sluikstort", "Sluikstort of zwerfvuil melden"),
        ("sluikstorten melden ", "Sluikstort of zwerfvuil melden"),
        ("verhuizen", "Adreswijziging: verhuizen naar of binnen Zonderwater"),
    ],
)
async def test_the_title_that_says_it_comes_first(query: str, title: str) -> None:
    assert (await ranked(DEMO, query))[0] == title


@pytest.mark.parametrize("query", ["reispas", "reispaz", "ik heb een nieuwe reispas nodig"])
async def test_the_thing_itself_comes_before_what_names_it_as_a_keyword(query: str) -> None:
    if not LPDC.exists():
        pytest.skip("../shared/data/lpdc is not here")
    assert (await ranked(LPDC / "lochristi-page-0.json", query))[0] == "Belgisch paspoort"
