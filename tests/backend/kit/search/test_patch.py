"""A patched engine answers as one that was built anew, as far as anybody can tell."""

import json
from pathlib import Path

import msgspec
import pytest

from backend.catalogue.index.rules import SETTINGS
from backend.catalogue.rules.synonyms import effective, overlay
from backend.catalogue.vocabulary.service import shipped_synonyms
from backend.kit.search import Document, Engine

DATA = Path(__file__).parents[5] / "shared" / "data" / "search"
SYNONYMS = (("reispas", "paspoort"), ("grofvuil", "grof huisvuil", "oude zetel"))
HELD = (
    Document(id="pas", title="Reispas aanvragen", body={"text": "Voor reizen buiten Europa."}),
    Document(id="kaart", title="Identiteitskaart", body={"text": "Vanaf 12 jaar."}),
    Document(id="vuil", title="Ophaling grofvuil", facets={"theme": ("waste",)}),
)


def ids(engine: Engine, query: str) -> list[str]:
    return [hit.id for hit in engine.search(query).hits]


@pytest.fixture
def engine() -> Engine:
    return Engine.build(HELD, SYNONYMS)


def test_what_changed_is_found_as_it_is_now_and_the_original_stays(engine: Engine) -> None:
    changed = Document(id="kaart", title="Kids-ID", keywords=("kinderpas",), body={"text": "Een kwibusbewijs."})
    patched = engine.patched([changed])
    assert ids(patched, "kinderpas") == ids(patched, "kwibusbewijs") == ids(patched, "kwibusb") == ["kaart"]
    assert ids(patched, "kwibusbewijzz") == ["kaart"], "typing errors are repaired to new words"
    assert ids(patched, "identiteitskaart") == []
    assert patched.search("kwibusbewijs").hits[0].highlights["text"] == "Een <mark>kwibusbewijs</mark>."
    assert (ids(engine, "identiteitskaart"), ids(engine, "kinderpas")) == (["kaart"], [])
    assert len(patched) == len(engine) == 3


def test_what_is_new_is_found_by_its_synonyms_and_what_is_gone_is_not(engine: Engine) -> None:
    new = Document(id="nieuw", title="Grof huisvuil aan huis", facets={"theme": ("waste", "home")})
    patched = engine.patched([new], ["vuil", "never there"])
    assert ids(patched, "oude zetel") == ["nieuw"]
    assert patched.search("grofvuil").facets == {"theme": {"waste": 1, "home": 1}}
    assert sorted(ids(patched, "")) == ["kaart", "nieuw", "pas"]
    again = patched.patched([HELD[2]], ["nieuw"])
    assert ids(again, "oude zetel") == ["vuil"]
    assert sorted(ids(again, "")) == ["kaart", "pas", "vuil"]


def test_other_synonyms_work_at_once(engine: Engine) -> None:
    patched = engine.patched((), (), (("reispas", "schwengelboek"),))
    assert ids(patched, "schwengelboek") == ids(patched, "schwengelb") == ["pas"]
    assert ids(engine, "schwengelboek") == []


def test_on_real_products_it_answers_like_a_new_engine() -> None:
    if not DATA.exists():
        pytest.skip(f"real products are not there: {DATA}")
    lines = [json.loads(line) for line in (DATA / "catalogue-502.jsonl").read_text().splitlines()]
    golden = [json.loads(line)["query"] for line in (DATA / "golden-dev.jsonl").read_text().splitlines()]
    held = [Document(id=one["id"], title=one["title"], body={"description": one["description"]}) for one in lines]
    synonyms = effective(overlay(shipped_synonyms(), []).values())
    changed = [msgspec.structs.replace(one, body={"faq": "Mag mijn draagmoederlama mee?"}) for one in held[::60]]
    after = {one.id: one for one in (*held, *changed)}
    gone = [one.id for one in held[5:9]]
    for name in gone:
        del after[name]
    patched = Engine.build(held, synonyms, SETTINGS).patched(changed, gone)
    built = Engine.build(after.values(), synonyms, SETTINGS)
    assert sorted(ids(patched, "draagmoederlama")) == sorted(ids(built, "draagmoederlama"))
    same = sum(ids(patched, query)[:3] == ids(built, query)[:3] for query in golden)
    assert same >= 0.97 * len(golden), f"{same} of {len(golden)} have the same first three"
