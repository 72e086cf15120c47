"""The texts of a product in one language, in the form a city chose: "je" or "u"."""

import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any, Literal

import msgspec

from backend.catalogue.rules.facts import Address, ContactPoint, Item, ProductFacts, Text
from backend.kit.html import to_text

Form = Literal["informal", "formal"]
"""How a city addresses people: "je" or "u"."""

_INFORMAL = ("nl-BE-x-informal", "nl-BE-x-generated-informal")
_FORMAL = ("nl-BE-x-formal", "nl-BE-x-generated-formal")
_ORDER: dict[Form, tuple[str, ...]] = {
    "informal": (*_INFORMAL, "nl", *_FORMAL),
    "formal": (*_FORMAL, "nl", *_INFORMAL),
}
_ADDRESS = re.compile(r"\(?\b(?:https?://|www\.)\S+")


class DisplayItem(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A condition, procedure, cost, advantage, legal resource or website: plain name, safe HTML, link."""

    name: str = ""
    description: str = ""
    url: str = ""
    evidence: "DisplayItem | None" = None
    websites: "tuple[DisplayItem, ...]" = ()


class DisplayContact(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A contact point; `addresses` one line each."""

    email: str = ""
    phone: str = ""
    opening_hours: str = ""
    url: str = ""
    addresses: tuple[str, ...] = ()


class DisplayProduct(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A product as it is shown: one language, one form. Descriptions are safe HTML, `*_text` plain text."""

    name: str
    description: str = ""
    description_text: str = ""
    further_description: str = ""
    exceptions: str = ""
    regulation: str = ""
    conditions: tuple[DisplayItem, ...] = ()
    procedures: tuple[DisplayItem, ...] = ()
    costs: tuple[DisplayItem, ...] = ()
    financial_advantages: tuple[DisplayItem, ...] = ()
    legal_resources: tuple[DisplayItem, ...] = ()
    websites: tuple[DisplayItem, ...] = ()
    contact_points: tuple[DisplayContact, ...] = ()


def pick(text: Mapping[str, str], form: Form, language: str = "nl") -> str | None:
    """The best text there is: the asked language, else Dutch in the city's form, else the nearest variant."""
    tag = chosen(text, form, language)
    return text[tag] if tag else None


def chosen(text: Mapping[str, str], form: Form, language: str = "nl") -> str | None:
    """The language tag of the text that `pick` takes; None when there is no text."""
    first = () if language == "nl" else (language, *sorted(tag for tag in text if tag.startswith(f"{language}-")))
    rest = sorted(text, key=lambda tag: (not tag.startswith("nl"), tag != "en", tag))
    return next((tag for tag in (*first, *_ORDER[form], *rest) if text.get(tag)), None)


def display(facts: ProductFacts | Mapping[str, Any], form: Form, language: str = "nl") -> DisplayProduct:
    """The texts of a product (its facts, or the stored JSON of them) in one language and form."""
    if not isinstance(facts, ProductFacts):
        facts = msgspec.convert(facts, ProductFacts)

    def text(one: Text) -> str:
        return pick(one, form, language) or ""

    def items(many: Iterable[Item]) -> tuple[DisplayItem, ...]:
        return tuple(_item(one, form, language) for one in many)

    description = text(facts.description)
    return DisplayProduct(
        name=text(facts.name),
        description=description,
        description_text=to_text(description),
        further_description=text(facts.further_description),
        exceptions=text(facts.exceptions),
        regulation=text(facts.regulation),
        conditions=items(facts.conditions),
        procedures=items(facts.procedures),
        costs=items(facts.costs),
        financial_advantages=items(facts.financial_advantages),
        legal_resources=items(facts.legal_resources),
        websites=items(facts.websites),
        contact_points=tuple(_contact(one, form, language) for one in facts.contact_points),
    )


def search_texts(product: DisplayProduct) -> dict[str, str]:
    """The plain texts to search in, by field, without web addresses; a field without text is left out."""
    fields: dict[str, Iterable[str]] = {
        "description": (product.description, product.further_description),
        "conditions": (product.exceptions, *_said(product.conditions)),
        "procedures": _said(product.procedures),
        "costs": _said((*product.costs, *product.financial_advantages)),
    }
    plain = {
        name: _ADDRESS.sub(" ", to_text("\n".join(f"<p>{text}</p>" for text in texts if text)))
        for name, texts in fields.items()
    }
    return {name: text.strip() for name, text in plain.items() if text.strip()}


def search_keywords(facts: ProductFacts, form: Form) -> tuple[str, ...]:
    """The keywords, and the names in other languages so that they find the product too."""
    shown = pick(facts.name, form)
    foreign = (name for tag, name in sorted(facts.name.items()) if not tag.startswith("nl") and name != shown)
    return tuple(dict.fromkeys((*facts.keywords, *foreign)))


def _item(item: Item, form: Form, language: str) -> DisplayItem:
    evidence = getattr(item, "evidence", None)
    return DisplayItem(
        name=pick(item.name, form, language) or "",
        description=pick(item.description, form, language) or "",
        url=getattr(item, "url", ""),
        evidence=_item(evidence, form, language) if evidence else None,
        websites=tuple(_item(one, form, language) for one in getattr(item, "websites", ())),
    )


def _contact(point: ContactPoint, form: Form, language: str) -> DisplayContact:
    return DisplayContact(
        email=point.email,
        phone=point.phone,
        opening_hours=point.opening_hours,
        url=point.url,
        addresses=tuple(_address(one, form, language) for one in point.addresses),
    )


def _address(address: Address, form: Form, language: str) -> str:
    street = f"{pick(address.street, form, language) or ''} {address.house_number}".strip()
    box = f" bus {address.box}" if address.box else ""
    place = f"{address.postcode} {pick(address.municipality, form, language) or ''}".strip()
    return ", ".join(filter(None, (street + box, place)))


def _said(items: Iterable[DisplayItem]) -> list[str]:
    every = [one for item in items for one in (item, item.evidence) if one]
    return [text for one in every for text in (escape(one.name), one.description) if text]
