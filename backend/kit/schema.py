"""Bases of every JSON shape: frozen, lowerCamelCase, absent instead of null; input refuses what it does not know."""

from datetime import datetime
from typing import Annotated, Any, TypeVar, dataclass_transform

import msgspec
from msgspec import UNSET, Meta, UnsetType

T = TypeVar("T")

ShortText = Annotated[str, Meta(min_length=1, max_length=200)]
"""One line a person typed: 1 to 200 characters."""

LongText = Annotated[str, Meta(min_length=1, max_length=20_000)]
"""The generous text of a question or an answer: 1 to 20 000 characters."""

Reason = Annotated[str, Meta(min_length=3, max_length=2_000, examples=["Hoort bij de dienst Mobiliteit"])]
"""Why somebody does something: 3 to 2 000 characters, kept in the timeline."""

Moment = Annotated[datetime, Meta(tz=True)]
"""An instant with its zone (ISO 8601); answers are always UTC."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Shape(msgspec.StructMeta):
    """Makes every subclass keyword-only too; msgspec itself applies that to one class at a time."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, object], **options: Any) -> "Shape":
        """The class, with keyword-only fields."""
        return super().__new__(mcls, name, bases, namespace, **{"kw_only": True, **options})


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class View(msgspec.Struct, metaclass=Shape, frozen=True, rename="camel", omit_defaults=True):
    """What the API gives: empty properties are left out (belgif jsn-null)."""


@dataclass_transform(kw_only_default=True, frozen_default=True, field_specifiers=(msgspec.field,))
class Input(msgspec.Struct, metaclass=Shape, frozen=True, rename="camel", forbid_unknown_fields=True):
    """What the API takes: unknown fields are refused, server-owned fields do not exist here."""


class Page(View):
    """One page of a list: a subclass adds `items`; `next` is the cursor of the following page, absent on the last one.

    Not generic: the description of a generic field would lose the type of its items.
    """

    next: str | UnsetType = UNSET


def given(value: T | UnsetType | None) -> T | None:
    """The value, or None when it was left out."""
    return None if isinstance(value, UnsetType) else value


def changes(patch: Input) -> dict[str, object]:
    """The fields of a patch that were really sent, by their Python name."""
    return {name: value for name in patch.__struct_fields__ if not isinstance(value := getattr(patch, name), UnsetType)}
