"""Product facts from a snapshot of the (L)PDC model.

Field names are those of the implementation model IPDC-LPDC as compact JSON-LD. Real data leave out nearly
everything, so only what a product cannot do without is a reason to refuse it.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

import msgspec

from backend.catalogue.rules.facts import (
    Address,
    Condition,
    ContactPoint,
    Item,
    Procedure,
    ProductFacts,
    SnapshotRefused,
    Text,
    Website,
)
from backend.catalogue.rules.values import (
    MARKUP,
    check,
    codes,
    endings,
    ids,
    last,
    line,
    link,
    many,
    moment,
    number_of,
    place,
    rich,
)
from backend.kit.html import HtmlTooComplex
from backend.kit.ldes import identifier

T = TypeVar("T")

_TAGS = {
    tag.lower(): tag
    for tag in ("nl", "nl-BE-x-formal", "nl-BE-x-informal", "nl-BE-x-generated-formal", "nl-BE-x-generated-informal")
}
"""Language tags have no case; publishers write them differently."""

LANGUAGES = {"NLD": "nl", "FRA": "fr", "DEU": "de", "ENG": "en"}
"""Languages by their code in the list of the European Union."""
_WORD = re.compile(r"\w")
_MOST_KEYWORDS = 200
_ABSURD_KEYWORDS = 1_000
_MOST_ITEMS = 500
_MOST_LANGUAGES = 50
_KINDS = frozenset({"InstantieSnapshot", "Instantie", "InstancePublicServiceSnapshot"})


def product_facts(member: Mapping[str, Any]) -> ProductFacts:
    """The facts of one InstantieSnapshot; `remarks` says what of it is not kept.

    Raises:
        SnapshotRefused: it is something else than an InstantieSnapshot, has no id, says not what it is a version of,
            has no name, more text or parts than any real product, or too complex HTML.
    """
    try:
        return _facts(member)
    except HtmlTooComplex as problem:
        raise SnapshotRefused(f"HTML: {problem}") from problem


def content_hash(facts: ProductFacts) -> str:
    """A SHA-256 (hex) of what a reader can see; the same for a snapshot that was only published again."""
    seen = msgspec.structs.replace(
        facts,
        snapshot_id="",
        generated_at=None,
        created_at=None,
        modified_at=None,
        keywords=tuple(sorted(word.casefold() for word in facts.keywords)),
    )
    return hashlib.sha256(msgspec.json.encode(seen, order="sorted")).hexdigest()


def _facts(member: Mapping[str, Any]) -> ProductFacts:
    kinds = {last(one) for one in many(member.get("@type")) if isinstance(one, str)}
    if kinds and not kinds & _KINDS:
        raise SnapshotRefused(f"a {min(kinds)[:100]}, not an InstantieSnapshot")
    external_id, snapshot_id = identifier(member.get("isVersionOf")), identifier(member)
    if external_id is None or snapshot_id is None:
        raise SnapshotRefused("no isVersionOf" if external_id is None else "no @id")
    name = _text(member.get("naam"))
    if not name:
        raise SnapshotRefused("no name in any language")
    get = member.get
    return ProductFacts(
        external_id=external_id,
        snapshot_id=snapshot_id,
        generated_at=moment(get("generatedAtTime")),
        created_at=moment(get("creatie")),
        modified_at=moment(get("laatstGewijzigd")),
        created_by=identifier(get("aangemaaktDoor")) or "",
        product_number=number_of(get("productnummer")),
        concept_id=identifier(get("linkedConcept")),
        concept_number=number_of(get("linkedConceptProductnummer")),
        archived=line(get("gearchiveerd")).lower() == "true",
        valid_from=moment(get("startDienstVerlening")),
        valid_to=moment(get("eindeDienstVerlening")),
        name=name,
        description=_html(get("beschrijving")),
        further_description=_html(get("verdereBeschrijving")),
        exceptions=_html(get("uitzonderingen")),
        regulation=_html(get("regelgevingTekst")),
        conditions=_ordered(get("voorwaarden"), _condition),
        procedures=_ordered(get("procedures"), _procedure),
        costs=_ordered(get("kosten"), _item),
        financial_advantages=_ordered(get("financieleVoordelen"), _item),
        legal_resources=_ordered(get("regelgeving"), _website),
        websites=_ordered(get("websites"), _website),
        contact_points=_ordered(get("contactgegevens"), _contact_point),
        type=next(iter(codes(get("type"))), None),
        themes=codes(get("themas")),
        audiences=codes(get("doelgroepen")),
        competent_levels=codes(get("bevoegdBestuursniveaus")),
        executing_levels=codes(get("uitvoerendBestuursniveaus")),
        competent_authorities=ids(get("bevoegdeOverheden")),
        executing_authorities=ids(get("uitvoerendeOverheden")),
        publication_channels=codes(get("publicatiekanalen")),
        your_europe=codes(get("yourEuropeCategorieen")),
        keywords=_keywords(get("zoektermen")),
        languages=tuple(sorted({LANGUAGES.get(code, code.lower()) for code in endings(get("talen"))})),
        spatial=tuple(sorted(endings(get("geografischToepassingsgebieden")))),
    )


def _text(value: object, clean: Callable[[object], str] = line) -> Text:
    """A text per language from a language map, a plain string (Dutch) or a list of `{@language, @value}`.

    Texts without a letter or digit (editors type "-" where they must fill in something) are left out.
    """
    found: Text = {}
    for part in many(value):
        if not isinstance(part, Mapping):
            pairs: Iterable[tuple[str, object]] = [("nl", part)]
        elif "@value" in part:
            pairs = [(str(part.get("@language", "nl")), part["@value"])]
        else:
            pairs = part.items()
            check(len(part), _MOST_LANGUAGES, "languages of one text")
        for tag, given in pairs:
            cleaned = " ".join(filter(None, map(clean, many(given))))
            if not tag.startswith("@") and _WORD.search(MARKUP.sub("", cleaned)):
                found[_TAGS.get(tag.lower(), tag)] = cleaned
    return found


def _html(value: object) -> Text:
    return _text(value, rich)


def _ordered(value: object, make: Callable[[Mapping[str, Any], int], T | None]) -> tuple[T, ...]:
    """Sub-objects by their `order`, those that say nothing left out; what is kept is numbered without gaps.

    So a snapshot made from the facts (see `publication`) gives the same facts again.
    """
    parts = [part for part in many(value) if isinstance(part, Mapping)]
    check(len(parts), _MOST_ITEMS, "items in one list")
    numbered = [(place(part.get("order"), at), part) for at, part in enumerate(parts)]
    numbered.sort(key=lambda pair: pair[0])
    kept: list[T] = []
    for _, part in numbered:
        if (one := make(part, len(kept))) is not None:
            kept.append(one)
    return tuple(kept)


def _item(part: Mapping[str, Any], order: int) -> Item | None:
    name, description = _text(part.get("naam")), _html(part.get("beschrijving"))
    return Item(name=name, description=description, order=order) if name or description else None


def _condition(part: Mapping[str, Any], order: int) -> Condition | None:
    name, description = _text(part.get("naam")), _html(part.get("beschrijving"))
    evidence = next(iter(_ordered(part.get("bewijs"), _item)), None)
    if not (name or description or evidence):
        return None
    return Condition(name=name, description=description, order=order, evidence=evidence)


def _procedure(part: Mapping[str, Any], order: int) -> Procedure | None:
    name, description = _text(part.get("naam")), _html(part.get("beschrijving"))
    websites = _ordered(part.get("websites"), _website)
    if not (name or description or websites):
        return None
    return Procedure(name=name, description=description, order=order, websites=websites)


def _website(part: Mapping[str, Any], order: int) -> Website | None:
    name, description = _text(part.get("naam")), _html(part.get("beschrijving"))
    url = link(part.get("url", part.get("locatie")))
    return Website(name=name, description=description, order=order, url=url) if name or description or url else None


def _contact_point(part: Mapping[str, Any], order: int) -> ContactPoint | None:
    point = ContactPoint(
        email=line(part.get("email")),
        phone=line(part.get("telefoonnummer", part.get("telefoon"))),
        opening_hours=line(part.get("openingsuren")),
        url=link(part.get("url")),
        addresses=_ordered(part.get("adres"), _address),
        order=order,
    )
    return point if point != ContactPoint(order=order) else None


def _address(part: Mapping[str, Any], _: int) -> Address | None:
    address = Address(
        street=_text(part.get("straatnaam")),
        house_number=line(part.get("huisnummer")),
        box=line(part.get("busnummer")),
        postcode=line(part.get("postcode")),
        municipality=_text(part.get("gemeentenaam")),
        country=_text(part.get("land")),
        register_id=identifier(part.get("verwijstNaar")) or "",
    )
    return address if address != Address() else None


def _keywords(value: object) -> tuple[str, ...]:
    """Keywords of every language, Dutch first, without doubles (case does not count)."""
    groups: list[object] = [value]
    if isinstance(value, Mapping):
        groups = [value[tag] for tag in sorted(value, key=lambda tag: (not tag.lower().startswith("nl"), tag))]
    every = [one for group in groups for one in many(group)]
    check(len(every), _ABSURD_KEYWORDS, "keywords")
    found: dict[str, str] = {}
    for one in every:
        for piece in re.split(r"[,;\n]", one) if isinstance(one, str) else [one]:
            if word := line(piece):
                found.setdefault(word.casefold(), word)
    return tuple(found.values())[:_MOST_KEYWORDS]
