"""JSON shapes of our stream: compact JSON-LD with the Dutch keys of the implementation model IPDC-LPDC."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from backend.catalogue.rules import Text
from backend.kit.schema import View

_HERE = "https://onthaal.stad.example/doc/instancesnapshot"
Address = Annotated[str, Meta(examples=[f"{_HERE}?pageNumber=0"])]
Name = Annotated[Text, Meta(examples=[{"nl-BE-x-informal": "Reispas aanvragen", "en": "Apply for a passport"}])]
Html = Annotated[Text, Meta(examples=[{"nl-BE-x-informal": "<p>Je vraagt je reispas aan bij Burgerzaken.</p>"}])]
Url = Annotated[str, Meta(examples=["https://www.stad.example/reispas"])]
Authority = Annotated[str, Meta(examples=["https://stad.example/id/bestuurseenheid/zonderwater"])]
Theme = Annotated[str, Meta(examples=["BurgerOverheid"])]
Audience = Annotated[str, Meta(examples=["Burger"])]
Level = Annotated[str, Meta(examples=["Lokaal"])]


class EvidenceShape(View):
    """What shows that a condition is met."""

    type: Literal["Bewijs"] = field(name="@type")
    naam: Name = {}
    beschrijving: Html = {}


class PartShape(View):
    """A part of a product, such as a cost (`Kost`), with its place among its like."""

    type: str = field(name="@type")
    order: int = field()
    naam: Name = {}
    beschrijving: Html = {}


class LinkShape(PartShape):
    """A website, or a legal resource."""

    url: Url | None = None


class ConditionShape(PartShape):
    """A condition."""

    bewijs: EvidenceShape | None = None


class ProcedureShape(PartShape):
    """How it is done."""

    websites: list[LinkShape] = []


class AddressShape(View):
    """An address; `verwijstNaar` is its id in the address register."""

    type: Literal["Adres"] = field(name="@type")
    straatnaam: Annotated[Text, Meta(examples=[{"nl": "Markt"}])] = {}
    huisnummer: str | None = None
    busnummer: str | None = None
    postcode: str | None = None
    gemeentenaam: Text = {}
    land: Text = {}
    verwijst_naar: str | None = None


class ContactPointShape(View):
    """Where to turn to."""

    type: Literal["Contactgegevens"] = field(name="@type")
    order: int = field()
    email: str | None = None
    telefoonnummer: str | None = None
    openingsuren: str | None = None
    url: Url | None = None
    adres: list[AddressShape] = []


class SnapshotShape(View):
    """The whole product as it was published; texts per language tag, descriptions are safe HTML.

    Attributes:
        is_version_of: the id of the product.
        gearchiveerd: it is not offered any more; a later snapshot without this brings it back.
    """

    id: Annotated[str, Meta(examples=[f"{_HERE}/0193a4be-7c3e-7d52-9c41-5a1f0e8b2d11"])] = field(name="@id")
    kinds: list[Literal["InstantieSnapshot"]] = field(name="@type")
    is_version_of: Annotated[str, Meta(examples=["https://stad.example/id/public-service/479853b8"])]
    generated_at_time: datetime
    creatie: datetime
    laatst_gewijzigd: datetime
    naam: Name
    aangemaakt_door: Authority | None = None
    linked_concept: str | None = None
    linked_concept_productnummer: str | None = None
    productnummer: str | None = None
    gearchiveerd: bool = False
    start_dienst_verlening: datetime | None = None
    einde_dienst_verlening: datetime | None = None
    beschrijving: Html = {}
    verdere_beschrijving: Html = {}
    uitzonderingen: Html = {}
    regelgeving_tekst: Html = {}
    voorwaarden: list[ConditionShape] = []
    procedures: list[ProcedureShape] = []
    kosten: list[PartShape] = []
    financiele_voordelen: list[PartShape] = []
    regelgeving: list[LinkShape] = []
    websites: list[LinkShape] = []
    contactgegevens: list[ContactPointShape] = []
    type: str | None = None
    themas: list[Theme] = []
    doelgroepen: list[Audience] = []
    bevoegd_bestuursniveaus: list[Level] = []
    uitvoerend_bestuursniveaus: list[Level] = []
    bevoegde_overheden: list[Authority] = []
    uitvoerende_overheden: list[Authority] = []
    publicatiekanalen: list[str] = []
    your_europe_categorieen: list[str] = []
    zoektermen: Annotated[dict[str, list[str]], Meta(examples=[{"nl": ["paspoort", "reizen"]}])] = {}
    talen: list[Annotated[str, Meta(examples=["NLD"])]] = []
    geografisch_toepassingsgebieden: list[Annotated[str, Meta(examples=["BE23444021"])]] = []


class SnapshotDocument(SnapshotShape):
    """One snapshot by itself."""

    context: str = field(name="@context")


class RelationShape(View):
    """Another page; the snapshots on it are later, or earlier."""

    node: Address
    path: Literal["generatedAtTime"]
    kind: Literal["LessThanOrEqualToRelation", "GreaterThanOrEqualToRelation"] = field(name="@type")


class NodeShape(View):
    """This page, and the pages beside it."""

    id: Address = field(name="@id")
    kind: Literal["Node"] = field(name="@type")
    relation: list[RelationShape]


class SnapshotPage(View):
    """A page of the stream, oldest snapshot first."""

    context: list[str] = field(name="@context")
    id: Address = field(name="@id")
    kind: Literal["EventStream"] = field(name="@type")
    timestamp_path: Literal["generatedAtTime"]
    version_of_path: Literal["isVersionOf"]
    view: NodeShape
    member: list[SnapshotShape]
