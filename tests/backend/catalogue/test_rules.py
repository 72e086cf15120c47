"""A snapshot becomes facts however incomplete or oddly shaped it is, and its texts come in the city's form."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.catalogue.rules import (
    ProductFacts,
    SnapshotRefused,
    content_hash,
    display,
    pick,
    product_facts,
    remarks,
    search_keywords,
    search_texts,
)

LPDC = Path(__file__).parents[4] / "shared" / "data" / "lpdc" / "ldes"
INFORMAL, FORMAL = "nl-BE-x-informal", "nl-BE-x-formal"


def member(**more: Any) -> dict[str, Any]:
    return {
        "@id": "urn:snapshot:1",
        "isVersionOf": "urn:product:1",
        "generatedAtTime": "2024-11-22T13:46:08.117Z",
        "naam": {"nl": "Reispas"},
        **more,
    }


def full() -> dict[str, Any]:
    return member(
        laatstGewijzigd="2024-11-22T13:22:37.757123456Z",
        linkedConcept="https://ipdc.example/id/concept/25a2",
        linkedConceptProductnummer=1490,
        gearchiveerd="true",
        startDienstVerlening="2024-04-01",
        beschrijving={"nl-be-X-INFORMAL": "<p>Je <b>reist</b></p><script>x</script>", "en": "<p>You travel</p>"},
        voorwaarden=[
            {"order": 1, "naam": {"nl": "Tweede"}},
            {
                "order": "0.0",
                "naam": {"nl": "Eerste"},
                "bewijs": {"naam": "Bewijs", "beschrijving": "<ul><li>pas</li></ul>"},
            },
            {"order": 2, "naam": {"nl": "-"}},
        ],
        procedures={"naam": {"nl": "Zo"}, "websites": {"url": "www.stad.example/pas", "naam": {"nl": "Aanvragen"}}},
        websites=[
            {"naam": {"nl": "Kwaad"}, "url": "javascript:alert(1)"},
            {"url": "https://a.example/x y"},
            {"url": ""},
        ],
        contactgegevens=[
            {
                "email": "burger@stad.example",
                "telefoonnummer": "09 355 41 51",
                "adres": [
                    {
                        "straatnaam": {"nl": "Dorp-West"},
                        "huisnummer": "52",
                        "postcode": "9080",
                        "gemeentenaam": {"nl": "Lochristi"},
                        "busnummer": "A",
                    }
                ],
            },
            {"order": 1},
        ],
        type="https://productencatalogus.data.vlaanderen.be/id/concept/Type/Bewijs",
        themas=["MilieuEnergie", {"@id": "https://x.example/Thema/BurgerOverheid"}, "MilieuEnergie"],
        talen=["NLD", "ENG"],
        geografischToepassingsgebieden="http://data.europa.eu/nuts/code/BE23444034",
        zoektermen={"en": ["passport"], "nl": ["Paspoort", "paspoort", "reizen; buitenland"]},
    )


def test_the_facts_of_a_full_snapshot() -> None:
    facts = product_facts(full())
    assert (facts.external_id, facts.snapshot_id, facts.concept_number) == ("urn:product:1", "urn:snapshot:1", "1490")
    assert facts.description == {INFORMAL: "<p>Je <b>reist</b></p>", "en": "<p>You travel</p>"}
    assert [one.name["nl"] for one in facts.conditions] == ["Eerste", "Tweede"]
    assert facts.conditions[0].evidence is not None
    assert facts.conditions[0].evidence.description == {"nl": "<ul><li>pas</li></ul>"}
    assert facts.procedures[0].websites[0].url == "https://www.stad.example/pas"
    assert [one.url for one in facts.websites] == ["", "https://a.example/xy"]
    assert [one.phone for one in facts.contact_points] == ["09 355 41 51"]
    assert (facts.type, facts.themes, facts.languages) == ("bewijs", ("burgerOverheid", "milieuEnergie"), ("en", "nl"))
    assert (facts.spatial, facts.archived) == (("BE23444034",), True)
    assert facts.keywords == ("Paspoort", "reizen", "buitenland", "passport")
    assert facts.valid_from is not None
    assert facts.valid_from.isoformat() == "2024-04-01T00:00:00+00:00"


def test_the_facts_survive_the_database() -> None:
    facts = product_facts(full())
    stored = json.loads(json.dumps(msgspec.to_builtins(facts)))
    assert msgspec.convert(stored, ProductFacts) == facts
    assert display(stored, "informal") == display(facts, "informal")


@pytest.mark.parametrize(
    ("key", "value", "reason"),
    [
        ("naam", None, "no name"),
        ("naam", {}, "no name"),
        ("naam", {"nl": " - "}, "no name"),
        ("isVersionOf", None, "no isVersionOf"),
        ("@id", 7, "no @id"),
        ("beschrijving", {"nl": "<p>" * 6000}, "HTML"),
    ],
)
def test_what_is_refused(key: str, value: object, reason: str) -> None:
    with pytest.raises(SnapshotRefused, match=reason):
        product_facts(member(**{key: value}))


@pytest.mark.parametrize(
    "name",
    [
        "Reispas",
        {"nl": "Reispas"},
        {"nl": ["Reispas"]},
        {"@value": "Reispas", "@language": "nl"},
        ["Reispas"],
        [{"@value": "<b>Reispas</b>\n", "@language": "nl"}],
        {"NL": " Reispas\u0000"},
    ],
)
def test_a_text_in_every_shape_json_ld_gives_it(name: object) -> None:
    assert product_facts(member(naam=name)).name == {"nl": "Reispas"}


def test_the_hash_changes_with_what_a_reader_sees_and_only_then() -> None:
    before = content_hash(product_facts(full()))
    again = full() | {"@id": "urn:snapshot:2", "generatedAtTime": "2025-01-01T00:00:00Z", "laatstGewijzigd": None}
    again["themas"].reverse()
    again["zoektermen"]["nl"].reverse()
    again["naam"] = dict(reversed(again["naam"].items()))
    assert content_hash(product_facts(again)) == before
    for key, value in (("naam", "Pas"), ("gearchiveerd", False), ("kosten", [{"naam": "75 euro"}])):
        assert content_hash(product_facts(full() | {key: value})) != before


EVERY = [INFORMAL, "nl-BE-x-generated-informal", "nl", FORMAL, "nl-BE-x-generated-formal", "en", "fr"]
MIRRORED = [FORMAL, "nl-BE-x-generated-formal", "nl", INFORMAL, "nl-BE-x-generated-informal", "en", "fr"]


def test_the_order_of_the_forms() -> None:
    for form, order in (("informal", EVERY), ("formal", MIRRORED)):
        text = {tag: tag for tag in EVERY}
        for tag in order:
            assert pick(text, form) == tag  # type: ignore[arg-type]  # a literal in a list is a str
            del text[tag]
        assert pick(text, form) is None  # type: ignore[arg-type]  # same


def test_another_language_first_when_asked() -> None:
    text = {"nl": "akte", "en": "certificate", "fr-BE": "acte", INFORMAL: ""}
    assert [pick(text, "informal", language) for language in ("en", "fr", "de", "nl")] == [
        "certificate",
        "acte",
        "akte",
        "akte",
    ]


def test_what_is_shown_and_searched() -> None:
    facts = product_facts(
        full()
        | {
            "kosten": [
                {"naam": {"nl": "Tarief <5 jaar"}, "beschrijving": {"nl": 'Zie <a href="https://x.example/a">hier</a>'}}
            ]
        }
    )
    shown = display(facts, "informal")
    assert (shown.name, shown.description_text) == ("Reispas", "Je reist")
    assert shown.contact_points[0].addresses == ("Dorp-West 52 bus A, 9080 Lochristi",)
    assert shown.conditions[0].evidence is not None
    assert shown.procedures[0].websites[0].name == "Aanvragen"
    texts = search_texts(shown)
    assert set(texts) == {"description", "conditions", "procedures", "costs"}
    assert "pas" in texts["conditions"]
    assert "x.example" not in texts["costs"]
    assert display(facts, "formal", "en").description_text == "You travel"
    assert search_keywords(product_facts(member(naam={"nl": "Akte", "en": "Certificate"})), "informal") == (
        "Certificate",
    )


KEYS = [
    "naam",
    "beschrijving",
    "voorwaarden",
    "procedures",
    "websites",
    "contactgegevens",
    "themas",
    "type",
    "zoektermen",
]
KEYS += [
    "talen",
    "gearchiveerd",
    "startDienstVerlening",
    "order",
    "url",
    "adres",
    "bewijs",
    "nl",
    "@value",
    "@language",
]
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["www.x", "http://[", "<p>a"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), JSON, max_size=6))
def test_any_json_gives_facts_or_a_refusal(given_member: dict[str, Any]) -> None:
    try:
        facts = product_facts(member() | given_member)
    except SnapshotRefused:
        return
    assert display(json.loads(msgspec.json.encode(facts)), "formal").name
    assert all(remarks(member() | given_member))


def test_codes_end_at_sixty_characters() -> None:
    long, longest = "X" * 61, "X" * 60
    facts = product_facts(member(type=[long, longest], talen=[long, "NLD"], linkedConceptProductnummer=10**60))
    assert (facts.type, facts.languages, facts.concept_number) == ("x" + "X" * 59, ("nl",), None)
    assert remarks(member(type=[long, longest], talen=[long, "NLD"], linkedConceptProductnummer=10**60)) == [
        "type: a code of 61 characters is left out, at most 60 are kept",
        "talen: a code of 61 characters is left out, at most 60 are kept",
        "linkedConceptProductnummer: 61 characters, at most 60 are kept: it is left out",
    ]
    assert remarks(full()) == []


@pytest.mark.skipif(not LPDC.exists(), reason="../shared/data/lpdc is not here")
@pytest.mark.parametrize(("city", "products"), [("lochristi", 339), ("hasselt", 90), ("ruiselede", 86)])
def test_every_real_product_maps(city: str, products: int) -> None:
    members = [one for path in sorted(LPDC.glob(f"{city}-*.json")) for one in json.loads(path.read_bytes())["member"]]
    facts = [product_facts(one) for one in members]
    assert len({content_hash(one) for one in facts}) == products
    for one in facts:
        shown = display(one, "informal")
        assert shown.name
        assert "<" not in shown.name
        assert all(code[0].islower() for code in (*one.themes, *one.audiences, *filter(None, [one.type])))
