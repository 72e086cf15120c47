"""The API description of a channel: its own operations, those of the core that it passes on, and the shapes they use.

A field that passes on a part of the core unread is `CoreShape`: `Annotated[msgspec.Raw, of_core("QuestionView")]`. Its
shape comes from `openapi/core.json`, as do the operations of `relays`.
"""

import json
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, fields
from typing import Any

import msgspec
from litestar.openapi.spec import OpenAPI

from backend.kit.docs import Description, DescriptionConfig
from backend.kit.problems import MEDIA_TYPE, TITLES, example
from backend.kit.uploads import KIND
from bff.core.relay import Relayed, described, document, placed

Json = dict[str, Any]

_SIGN = "core:"
_REFERENCE = re.compile(r'"#/components/schemas/([^"]+)"')
LIMITED, GATEWAY = 429, 502


def of_core(name: str, *, many: bool = False) -> msgspec.Meta:
    """Says which shape of the core a raw field holds; `many`: a list of them."""
    return msgspec.Meta(description=f"{_SIGN}{name}{'[]' if many else ''}")


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """How a channel describes its operations.

    Attributes:
        base: path of the channel.
        relayed: operations of the core that are passed on.
        limited: any of them can answer 429.
        with_session: beginnings of paths, below the base, that need a session; all others work without one too.
    """

    base: str = ""
    relayed: Sequence[Relayed] = ()
    limited: bool = False
    with_session: tuple[str, ...] = ("/",)


NOTHING_SPECIAL = Manner()


@dataclass
class ChannelDescription(Description):
    """The description with what comes from the core."""

    manner: Manner = NOTHING_SPECIAL

    def __post_init__(self) -> None:
        """It is no part of the document."""
        self._manner = self.manner
        del self.manner

    def to_schema(self) -> Json:
        """The whole document."""
        made, manner = super().to_schema(), self._manner
        made.pop("manner", None)  # its default stays on the class
        _put_shapes(made)
        for name, path in map(placed, manner.relayed):
            method, _, one = described()[name]
            made["paths"].setdefault(f"{manner.base}{path}", {})[method.lower()] = _passed_on(one)
        for path, item in made["paths"].items():
            for one in item.values():
                _finish(one, path.removeprefix(manner.base), manner)
        made["paths"] = dict(sorted(made["paths"].items()))
        _bring_shapes(made)
        return made


@dataclass
class ChannelDescriptionConfig(DescriptionConfig):
    """Configuration that makes a `ChannelDescription`."""

    manner: Manner = NOTHING_SPECIAL

    def to_openapi_schema(self) -> OpenAPI:
        """The description without paths and schemas yet."""
        made = super().to_openapi_schema()
        given = {one.name: getattr(made, one.name) for one in fields(made) if one.init}
        return ChannelDescription(**given, manner=self.manner)


def _passed_on(one: Json) -> Json:
    """An operation of the core as the channel offers it: the session says who asks, and the core may be away."""
    copied = deepcopy(one)
    copied.pop("security", None)
    copied["responses"][str(GATEWAY)] = _problem(GATEWAY)
    if KIND in copied.get("requestBody", {}).get("content", {}):
        copied["responses"].setdefault(str(LIMITED), _problem(LIMITED))
    return copied


def _finish(one: Json, path: str, manner: Manner) -> None:
    """Limits and sessions, as they are in this channel."""
    if manner.limited and one.get("security") != [{}]:
        one["responses"].setdefault(str(LIMITED), _problem(LIMITED))
    if "security" not in one and not path.startswith(manner.with_session):
        one["security"] = [{"session": []}, {}]


def _problem(status: int) -> Json:
    return {
        "description": TITLES[status][1],
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example(status)}},
    }


def _put_shapes(made: Json) -> None:
    """Fields and answers that are parts of the core: a reference instead of the sign that `of_core` left."""
    for place, key, name in list(_signs(made)):
        reference = {"$ref": f"#/components/schemas/{name.removesuffix('[]')}"}
        place[key] = {"type": "array", "items": reference} if name.endswith("[]") else reference


def _signs(value: Any) -> Iterator[tuple[Any, Any, str]]:
    entries: Any = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(entries):
        told = item.get("description") if isinstance(item, dict) else None
        if isinstance(told, str) and told.startswith(_SIGN):
            yield value, key, told.removeprefix(_SIGN)
        else:
            yield from _signs(item)


def _bring_shapes(made: Json) -> None:
    """Every shape that is referred to and not here yet, from the core, with those it refers to."""
    schemas, core = made["components"].setdefault("schemas", {}), document()["components"]["schemas"]
    open_names = set(_REFERENCE.findall(json.dumps(made)))
    while missing := {name for name in open_names if name not in schemas}:
        for name in missing:
            schemas[name] = core[name]
        open_names = set(_REFERENCE.findall(json.dumps([core[name] for name in missing])))
    made["components"]["schemas"] = dict(sorted(schemas.items()))
