"""What is known about a product: the facts of a snapshot, in every language and form it has."""

from datetime import datetime

import msgspec

Text = dict[str, str]
"""A text per language tag, such as `nl` or `nl-BE-x-informal`."""


class SnapshotRefused(ValueError):
    """A snapshot that cannot become a product; the message says why."""


class Item(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A cost or a financial advantage: name (plain) and description (safe HTML), with its place."""

    name: Text = {}
    description: Text = {}
    order: int = 0


class Website(Item, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A link; also of a legal resource. `url` is absolute, or empty when it was unusable."""

    url: str = ""


class Condition(Item, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A condition, with the evidence that shows it is met."""

    evidence: Item | None = None


class Procedure(Item, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """How it is done, and where on the web."""

    websites: tuple[Website, ...] = ()


class Address(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """An address as the catalogue gives it; `register_id` is that of the address register."""

    street: Text = {}
    house_number: str = ""
    box: str = ""
    postcode: str = ""
    municipality: Text = {}
    country: Text = {}
    register_id: str = ""


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Where to turn to. What people typed is kept as it is: these are texts, not checked addresses."""

    email: str = ""
    phone: str = ""
    opening_hours: str = ""
    url: str = ""
    addresses: tuple[Address, ...] = ()
    order: int = 0


class ProductFacts(msgspec.Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """Everything a snapshot says about a product; stored as one JSON value.

    Codes are the last part of their address in lowerCamelCase (`burgerOverheid`), languages ISO 639-1,
    authorities full ids, spatial ids NUTS/LAU codes. Texts are plain (names) or safe HTML (the others).
    """

    external_id: str
    snapshot_id: str
    generated_at: datetime | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
    created_by: str = ""
    product_number: str | None = None
    concept_id: str | None = None
    concept_number: str | None = None
    archived: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    name: Text
    description: Text = {}
    further_description: Text = {}
    exceptions: Text = {}
    regulation: Text = {}
    conditions: tuple[Condition, ...] = ()
    procedures: tuple[Procedure, ...] = ()
    costs: tuple[Item, ...] = ()
    financial_advantages: tuple[Item, ...] = ()
    legal_resources: tuple[Website, ...] = ()
    websites: tuple[Website, ...] = ()
    contact_points: tuple[ContactPoint, ...] = ()
    type: str | None = None
    themes: tuple[str, ...] = ()
    audiences: tuple[str, ...] = ()
    competent_levels: tuple[str, ...] = ()
    executing_levels: tuple[str, ...] = ()
    competent_authorities: tuple[str, ...] = ()
    executing_authorities: tuple[str, ...] = ()
    publication_channels: tuple[str, ...] = ()
    your_europe: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    spatial: tuple[str, ...] = ()
