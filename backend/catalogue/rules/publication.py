"""Snapshots of our own: the inverse of `snapshot`, facts of a product as a member of our stream.

Keys are those of the implementation model IPDC-LPDC as compact JSON-LD; what is unknown is left out, never made up,
also where the model wants it (a competent authority): the source has to say it.
`product_facts` of such a member gives the facts it was made from, but for the id and the moment of the snapshot.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any
from uuid import UUID

import msgspec

from backend.catalogue.rules.facts import Address, Condition, ContactPoint, Item, Procedure, ProductFacts, Text, Website
from backend.catalogue.rules.snapshot import LANGUAGES
from backend.catalogue.rules.values import MARKUP

PUBLISH = "catalogue.publish"
"""Outbox topic without ids: the stream may be behind the catalogue."""

CONTEXTS = ("ipdc-lpdc-im.jsonld", "ldes.jsonld")
"""The context of the products, and that of the stream around them."""

BLANK = "-"
"""Stands where the model wants a text and there is none, as editors of the LPDC write it; our import skips it."""

STEP = timedelta(milliseconds=1)
"""Between two snapshots: many readers keep milliseconds only, and resume after the moment they saw last."""

Json = dict[str, Any]

_PATH = "/doc/instancesnapshot"
_CODES = {name: code for code, name in LANGUAGES.items()}


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """Where our stream is.

    Attributes:
        address: of the API as the world reaches it, without a slash at the end.
        contexts: folder of the JSON-LD contexts, without a slash at the end.
    """

    address: str
    contexts: str

    def page(self, number: int) -> str:
        """The id and address of a page."""
        return f"{self.address}{_PATH}?pageNumber={number}"

    def snapshot(self, snapshot_id: UUID) -> str:
        """The id and address of a snapshot."""
        return f"{self.address}{_PATH}/{snapshot_id}"

    def context(self) -> list[str]:
        """The addresses of the contexts of a page."""
        return [f"{self.contexts}/{name}" for name in CONTEXTS]


def moments(now: datetime, last: datetime | None, count: int) -> list[datetime]:
    """When each of `count` snapshots was made: in whole milliseconds, rising, after `last` even if the clock went back.

    They end now as far as that is possible, so that a moment is not in the future.
    """
    whole = now.replace(microsecond=now.microsecond // 1_000 * 1_000)
    first = whole - (count - 1) * STEP
    if last is not None:
        first = max(first, last + STEP)
    return [first + place * STEP for place in range(count)]


def snapshot_member(
    facts: ProductFacts, *, snapshot_id: str, generated_at: datetime, archived: bool, since: datetime
) -> Json:
    """The whole product as a member of our stream.

    Args:
        facts: what is known of the product; it keeps the id (`external_id`) under which the world knows it.
        snapshot_id: the id (address) of this snapshot.
        generated_at: the moment of this snapshot.
        archived: withdrawn, or not published any more by the city.
        since: when it came into our catalogue; stands in for a moment of creation or change that nobody gave, because
            the model cannot do without.
    """
    return _said(
        {
            "@id": snapshot_id,
            "@type": ["InstantieSnapshot"],
            "isVersionOf": facts.external_id,
            "generatedAtTime": iso(generated_at),
            "creatie": iso(facts.created_at or since),
            "laatstGewijzigd": iso(facts.modified_at or facts.generated_at or since),
            "aangemaaktDoor": facts.created_by,
            "linkedConcept": facts.concept_id,
            "linkedConceptProductnummer": _line(facts.concept_number or ""),
            "productnummer": _line(facts.product_number or ""),
            "gearchiveerd": archived,
            "startDienstVerlening": facts.valid_from and iso(facts.valid_from),
            "eindeDienstVerlening": facts.valid_to and iso(facts.valid_to),
            **_content(facts),
            **_classification(facts),
        }
    )


def iso(moment: datetime) -> str:
    """An instant in UTC, to the millisecond, or to the microsecond when it has them."""
    exact = "microseconds" if moment.microsecond % 1_000 else "milliseconds"
    return moment.astimezone(UTC).isoformat(timespec=exact).replace("+00:00", "Z")


def _content(facts: ProductFacts) -> Json:
    blank = {next(iter(facts.name), "nl"): BLANK}
    return {
        "naam": _plain(facts.name),
        "beschrijving": facts.description or blank,
        "verdereBeschrijving": facts.further_description,
        "uitzonderingen": facts.exceptions,
        "regelgevingTekst": facts.regulation,
        "voorwaarden": [_condition(one, blank) for one in facts.conditions],
        "procedures": [_procedure(one, blank) for one in facts.procedures],
        "kosten": [_item("Kost", one, blank) for one in facts.costs],
        "financieleVoordelen": [_item("FinancieelVoordeel", one, blank) for one in facts.financial_advantages],
        "regelgeving": [_link("Regelgeving", one, {}) for one in facts.legal_resources],
        "websites": [_link("Website", one, blank) for one in facts.websites],
        "contactgegevens": [_contact_point(one) for one in facts.contact_points],
    }


def _classification(facts: ProductFacts) -> Json:
    return {
        "type": facts.type and _code(facts.type),
        "themas": _codes(facts.themes),
        "doelgroepen": _codes(facts.audiences),
        "bevoegdBestuursniveaus": _codes(facts.competent_levels),
        "uitvoerendBestuursniveaus": _codes(facts.executing_levels),
        "bevoegdeOverheden": list(facts.competent_authorities),
        "uitvoerendeOverheden": list(facts.executing_authorities),
        "publicatiekanalen": _codes(facts.publication_channels),
        "yourEuropeCategorieen": _codes(facts.your_europe),
        "zoektermen": {"nl": list(facts.keywords)} if facts.keywords else None,
        "talen": [_CODES.get(language, language.upper()) for language in facts.languages],
        "geografischToepassingsgebieden": list(facts.spatial),
    }


def _item(kind: str, item: Item, blank: Text) -> Json:
    return {"@type": kind, "order": item.order, **_named(item, blank)}


def _named(item: Item, blank: Text) -> Json:
    """Name and description, of which the model wants both."""
    return {"naam": _plain(item.name) or blank, "beschrijving": item.description or blank}


def _link(kind: str, website: Website, blank: Text) -> Json:
    """A website, which must have a name, or a legal resource, which need not; the description is free for both."""
    texts = {"naam": _plain(website.name) or blank, "beschrijving": website.description, "url": _line(website.url)}
    return {"@type": kind, "order": website.order} | _said(texts)


def _condition(condition: Condition, blank: Text) -> Json:
    evidence = condition.evidence
    shown = {"@type": "Bewijs", **_named(evidence, blank)} if evidence else None
    return _item("Voorwaarde", condition, blank) | _said({"bewijs": shown})


def _procedure(procedure: Procedure, blank: Text) -> Json:
    websites = [_link("Website", one, blank) for one in procedure.websites]
    return _item("Procedure", procedure, blank) | _said({"websites": websites})


def _contact_point(point: ContactPoint) -> Json:
    return {"@type": "Contactgegevens", "order": point.order} | _said(
        {
            "email": _line(point.email),
            "telefoonnummer": _line(point.phone),
            "openingsuren": _line(point.opening_hours),
            "url": _line(point.url),
            "adres": [_address(one) for one in point.addresses],
        }
    )


def _address(address: Address) -> Json:
    return _said(
        {
            "@type": "Adres",
            "straatnaam": _plain(address.street),
            "huisnummer": _line(address.house_number),
            "busnummer": _line(address.box),
            "postcode": _line(address.postcode),
            "gemeentenaam": _plain(address.municipality),
            "land": _plain(address.country),
            "verwijstNaar": address.register_id,
        }
    )


def _said(values: Mapping[str, Any]) -> Json:
    """Without what says nothing: null, false, empty texts, lists and objects."""
    return {name: value for name, value in values.items() if value}


def _plain(text: Text) -> Text:
    return {language: _line(value) for language, value in text.items()}


def _line(value: str) -> str:
    """Plain text, as one who expects it may hold HTML reads it: `<12 jaar>` is a text, not a tag."""
    return escape(value, quote=False) if MARKUP.search(value) else value


def _code(code: str) -> str:
    """`burgerOverheid` as the code lists have it; relative to the list's own address, which the context knows."""
    return code[:1].upper() + code[1:]


def _codes(codes: Sequence[str]) -> list[str]:
    return [_code(code) for code in codes]
