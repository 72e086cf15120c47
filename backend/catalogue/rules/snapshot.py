"""Product facts from a snapshot of the (L)PDC model.

Field names are those of the implementation model IPDC-LPDC as compact JSON-LD. Real data leave out nearly
everything, so only what a product cannot do without is a reason to refuse it.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from urllib.parse import urlsplit

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
from backend.kit.html import HtmlTooComplex, sanitise, to_text
from backend.kit.ldes import identifier
from backend.kit.text import drop_refused

T = TypeVar("T")

_TAGS = {
    tag.lower(): tag
    for tag in ("nl", "nl-BE-x-formal", "nl-BE-x-informal", "nl-BE-x-generated-formal", "nl-BE-x-generated-informal")
}
"""Language tags have no case; publishers write them differently."""

LANGUAGES = {"NLD": "nl", "FRA": "fr", "DEU": "de", "ENG": "en"}
"""Languages by their code in the list of the European Union."""
_SCHEMES = {"http", "https", "mailto", "tel"}
MARKUP = re.compile(r"<[^>]*>|&\w+;")
"""What makes a line HTML; publishers put it in fields that are plain text."""
_WORD = re.compile(r"\w")
_MOST_KEYWORDS = 200
_ABSURD_KEYWORDS = 1_000
_LONGEST_TEXT = 100_000
"""The longest real text has 5 400 characters."""
_LONGEST_LINE = 5_000
_MOST_ITEMS = 500
_MOST_LANGUAGES = 50
_KINDS = frozenset({"InstantieSnapshot", "Instantie", "InstancePublicServiceSnapshot"})


def product_facts(member: Mapping[str, Any]) -> ProductFacts:
    """The facts of one InstantieSnapshot.

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
    kinds = {_last(one) for one in _many(member.get("@type")) if isinstance(one, str)}
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
        generated_at=_moment(get("generatedAtTime")),
        created_at=_moment(get("creatie")),
        modified_at=_moment(get("laatstGewijzigd")),
        created_by=identifier(get("aangemaaktDoor")) or "",
        product_number=_line(get("productnummer")) or None,
        concept_id=identifier(get("linkedConcept")),
        concept_number=_line(get("linkedConceptProductnummer")) or None,
        archived=_line(get("gearchiveerd")).lower() == "true",
        valid_from=_moment(get("startDienstVerlening")),
        valid_to=_moment(get("eindeDienstVerlening")),
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
        type=next(iter(_codes(get("type"))), None),
        themes=_codes(get("themas")),
        audiences=_codes(get("doelgroepen")),
        competent_levels=_codes(get("bevoegdBestuursniveaus")),
        executing_levels=_codes(get("uitvoerendBestuursniveaus")),
        competent_authorities=_ids(get("bevoegdeOverheden")),
        executing_authorities=_ids(get("uitvoerendeOverheden")),
        publication_channels=_codes(get("publicatiekanalen")),
        your_europe=_codes(get("yourEuropeCategorieen")),
        keywords=_keywords(get("zoektermen")),
        languages=tuple(sorted({LANGUAGES.get(_last(one), _last(one).lower()) for one in _ids(get("talen"))})),
        spatial=tuple(sorted({_last(one) for one in _ids(get("geografischToepassingsgebieden"))})),
    )


def _many(value: object) -> list[Any]:
    """A JSON-LD set: a list, one value without a list, or nothing."""
    return value if isinstance(value, list) else [] if value is None else [value]


def _line(value: object) -> str:
    """One line of plain text, whatever simple value was given."""
    if isinstance(value, Mapping):
        value = value.get("@value", value.get("@id"))
    if isinstance(value, bool | int | float):
        return str(value)
    if not isinstance(value, str):
        return ""
    _check(len(value), _LONGEST_LINE, "characters on one line")
    text = to_text(value) if MARKUP.search(value) else drop_refused(value)
    return " ".join(text.split())


def _rich(value: object) -> str:
    if not isinstance(value, str):
        return _line(value)
    _check(len(value), _LONGEST_TEXT, "characters in one text")
    return sanitise(value)


def _check(count: int, most: int, what: str) -> None:
    if count > most:
        raise SnapshotRefused(f"{count} {what}, at most {most} are read")


def _text(value: object, clean: Callable[[object], str] = _line) -> Text:
    """A text per language from a language map, a plain string (Dutch) or a list of `{@language, @value}`.

    Texts without a letter or digit (editors type "-" where they must fill in something) are left out.
    """
    found: Text = {}
    for part in _many(value):
        if not isinstance(part, Mapping):
            pairs: Iterable[tuple[str, object]] = [("nl", part)]
        elif "@value" in part:
            pairs = [(str(part.get("@language", "nl")), part["@value"])]
        else:
            pairs = part.items()
            _check(len(part), _MOST_LANGUAGES, "languages of one text")
        for tag, given in pairs:
            cleaned = " ".join(filter(None, map(clean, _many(given))))
            if not tag.startswith("@") and _WORD.search(MARKUP.sub("", cleaned)):
                found[_TAGS.get(tag.lower(), tag)] = cleaned
    return found


def _html(value: object) -> Text:
    return _text(value, _rich)


def _ordered(value: object, make: Callable[[Mapping[str, Any], int], T | None]) -> tuple[T, ...]:
    """Sub-objects by their `order`, those that say nothing left out; what is kept is numbered without gaps.

    So a snapshot made from the facts (see `publication`) gives the same facts again.
    """
    parts = [part for part in _many(value) if isinstance(part, Mapping)]
    _check(len(parts), _MOST_ITEMS, "items in one list")
    numbered = [(_number(part.get("order"), place), part) for place, part in enumerate(parts)]
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
    url = _url(part.get("url", part.get("locatie")))
    return Website(name=name, description=description, order=order, url=url) if name or description or url else None


def _contact_point(part: Mapping[str, Any], order: int) -> ContactPoint | None:
    point = ContactPoint(
        email=_line(part.get("email")),
        phone=_line(part.get("telefoonnummer", part.get("telefoon"))),
        opening_hours=_line(part.get("openingsuren")),
        url=_url(part.get("url")),
        addresses=_ordered(part.get("adres"), _address),
        order=order,
    )
    return point if point != ContactPoint(order=order) else None


def _address(part: Mapping[str, Any], _: int) -> Address | None:
    address = Address(
        street=_text(part.get("straatnaam")),
        house_number=_line(part.get("huisnummer")),
        box=_line(part.get("busnummer")),
        postcode=_line(part.get("postcode")),
        municipality=_text(part.get("gemeentenaam")),
        country=_text(part.get("land")),
        register_id=identifier(part.get("verwijstNaar")) or "",
    )
    return address if address != Address() else None


def _ids(value: object) -> tuple[str, ...]:
    """Ids without doubles, sorted: JSON-LD sets have no order, and the hash must not depend on it."""
    return tuple(sorted({one for part in _many(value) if (one := identifier(part))}))


def _last(value: str) -> str:
    """The last part of an address: of `.../Thema/BurgerOverheid` the `BurgerOverheid`."""
    return re.split(r"[/#]", value.rstrip("/"))[-1]


def _codes(value: object) -> tuple[str, ...]:
    return tuple(sorted({code[0].lower() + code[1:] for one in _ids(value) if (code := _last(one))}))


def _keywords(value: object) -> tuple[str, ...]:
    """Keywords of every language, Dutch first, without doubles (case does not count)."""
    groups: list[object] = [value]
    if isinstance(value, Mapping):
        groups = [value[tag] for tag in sorted(value, key=lambda tag: (not tag.lower().startswith("nl"), tag))]
    every = [one for group in groups for one in _many(group)]
    _check(len(every), _ABSURD_KEYWORDS, "keywords")
    found: dict[str, str] = {}
    for one in every:
        for piece in re.split(r"[,;\n]", one) if isinstance(one, str) else [one]:
            if word := _line(piece):
                found.setdefault(word.casefold(), word)
    return tuple(found.values())[:_MOST_KEYWORDS]


def _url(value: object) -> str:
    """An absolute address with a harmless scheme, else empty; "www.stad.be" gets the scheme it lacks."""
    address = "".join(_line(value).split())
    if address.lower().startswith("www."):
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    complete = parts.netloc if parts.scheme in {"http", "https"} else parts.path
    return address if parts.scheme in _SCHEMES and complete else ""


def _moment(value: object) -> datetime | None:
    """An instant in UTC; None when there is none or it cannot be read."""
    try:
        moment = datetime.fromisoformat(_line(value))
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _number(value: object, otherwise: int) -> float:
    try:
        return float(_line(value))
    except ValueError:
        return float(otherwise)
