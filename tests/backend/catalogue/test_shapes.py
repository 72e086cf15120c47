"""What we publish satisfies the shapes (SHACL) of the model IPDC-LPDC, as far as the source of a product does."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pyshacl import validate
from rdflib import RDF, SKOS, Graph, Literal, Namespace, URIRef

from backend.catalogue.rules import product_facts
from backend.catalogue.rules.publication import CONTEXTS
from tests.backend.catalogue.conftest import DEMO
from tests.backend.catalogue.test_round_trip import LPDC, published
from tests.conftest import SHARED

IPDC = SHARED / "data" / "ipdc"
pytestmark = [
    pytest.mark.skipif(not IPDC.exists(), reason="../shared/data/ipdc is not here"),
    pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated:DeprecationWarning"),  # rdflib about itself
]

SHACL = Namespace("http://www.w3.org/ns/shacl#")
MODEL = Namespace("https://productencatalogus.data.vlaanderen.be/ns/ipdc-lpdc#")
M8G = Namespace("http://data.europa.eu/m8g/")
AUTHORITIES = (URIRef("http://purl.org/pav/createdBy"), M8G.hasCompetentAuthority, MODEL.hasExecutingAuthority)
CONCEPT = URIRef("http://purl.org/dc/terms/source")
LANGUAGE = "http://publications.europa.eu/resource/authority/language/"


def graph_of(members: Sequence[Mapping[str, Any]]) -> Graph:
    """The triples of a page with these members; the contexts are the local copies, nothing is fetched.

    What a shape wants to know of things outside the page is added: the code lists, so that a code that is not on them
    is found, and that authorities and concepts are what the page says they are.
    """
    page = {
        "@context": [json.loads((IPDC / name).read_text())["@context"] for name in CONTEXTS],
        "@id": "https://onthaal.stad.example/doc/instancesnapshot?pageNumber=0",
        "@type": "EventStream",
        "member": members,
    }
    graph = Graph().parse(data=json.dumps(page), format="json-ld")
    for file in (IPDC / "codelijsten").glob("*.ttl"):
        for code in Graph().parse(file).subjects(RDF.type, SKOS.Concept):
            graph.add((code, RDF.type, SKOS.Concept))
    for language in ("NLD", "FRA", "DEU", "ENG"):
        graph.add((URIRef(LANGUAGE + language), RDF.type, SKOS.Concept))
    for named in AUTHORITIES:
        for authority in set(graph.objects(None, named)):
            graph.add((authority, RDF.type, M8G.PublicOrganisation))
    for concept in set(graph.objects(None, CONCEPT)):
        graph.add((concept, RDF.type, MODEL.ConceptualPublicService))
    return graph


def violations(members: Sequence[Mapping[str, Any]]) -> Counter[tuple[str, str]]:
    """How often the shape of an instance is broken, by property and kind of rule."""
    _, report, _ = validate(graph_of(members), shacl_graph=Graph().parse(IPDC / "instantie-shape.ttl"))
    assert isinstance(report, Graph)
    return Counter(
        (str(report.value(one, SHACL.resultPath)), str(report.value(one, SHACL.sourceConstraintComponent)))
        for one in report.subjects(RDF.type, SHACL.ValidationResult)
    )


def test_our_catalogue_satisfies_the_shapes() -> None:
    ours = [published(product_facts(member)) for member in json.loads(DEMO.read_text())["member"]]
    ours += [{**ours[0], "gearchiveerd": True}]
    for place, member in enumerate(ours):
        member["@id"] = f"urn:ours:{place}"
    assert violations(ours) == {}
    broken = {**ours[0], "@id": "urn:broken", "themas": ["Voetbal"], "bevoegdeOverheden": []}
    found = {path.rpartition("/")[2] for path, _ in violations([broken])}
    assert found == {"thematicArea", "hasCompetentAuthority"}, "the check itself works"


@pytest.mark.skipif(not LPDC.exists(), reason="../shared/data/lpdc is not here")
def test_what_real_sources_leave_out_is_all_that_is_missing() -> None:
    theirs = [one for page in ("hasselt-page-1", "ruiselede-page-1") for one in _page(f"{page}.json")]
    ours = [published(product_facts(member)) | {"@id": member["@id"]} for member in theirs]
    assert violations(ours) <= violations(theirs)


def test_the_triples_are_those_of_the_official_example() -> None:
    example = json.loads((IPDC / "example-ldes-instancesnapshot-page.json").read_text())["member"][0]
    ours = published(product_facts(example)) | {name: example[name] for name in ("@id", "generatedAtTime")}
    assert _said(ours) == _said(example)
    assert len(_said(example)) > 20


def _said(member: Mapping[str, Any]) -> set[tuple[str, str]]:
    """What is said of the product itself, but for texts in a language: those are cleaned at the import."""
    about = graph_of([member]).predicate_objects(URIRef(member["@id"]))
    return {
        (str(name), str(value))
        for name, value in about
        if isinstance(value, URIRef) or (isinstance(value, Literal) and not value.language)
    }


def _page(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((LPDC / name).read_text())["member"]
    return found
