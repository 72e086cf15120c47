"""Versions of flows: what is stored, where their conditions stand, what changed, a first draft. Pure."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import msgspec

from backend.assistant.rules import Flow, Handover, Outcome, Question, Status, encode

EventKind = Literal["created", "changed", "removed", "submitted", "returned", "published", "retired"]

OPEN: tuple[Status, ...] = ("draft", "review")
"""Of a flow there is one such version at most."""

_SERVER_OWNED = ("version", "status")
_LISTS = ("questions", "outcomes", "facts", "tests")
_NO_CODE = re.compile(r"[^a-z0-9]+")

Slot = tuple[str, dict[str, Any], str]
"""A condition's place as a JSON pointer, the object that it stands in, and its name there."""


def stored(flow: Flow) -> dict[str, Any]:
    """The document as it is kept: without its number and status, which are said elsewhere."""
    document: dict[str, Any] = msgspec.json.decode(encode(flow))
    return {name: value for name, value in document.items() if name not in _SERVER_OWNED}


def read_stored(document: Mapping[str, Any], number: int, status: str) -> Flow:
    """The flow of a stored document; `msgspec.ValidationError` when this release does not know its shape."""
    return msgspec.convert({**document, "version": number, "status": status}, Flow)


def slots(document: Any) -> Iterator[Slot]:
    """Where conditions stand in a document, whatever else is wrong with it."""
    for place, fact in _objects(document, "facts"):
        yield from _slot(place, fact, "expr")
    for place, question in _objects(document, "questions"):
        yield from _slot(place, question, "ask_if")
        for below, name in (("validate", "must"), ("next", "if")):
            for inner, holder in _objects(question, below, place):
                yield from _slot(inner, holder, name)
    for place, outcome in _objects(document, "outcomes"):
        for inner, block in _objects(outcome, "blocks", place):
            yield from _slot(inner, block, "if")


def _objects(holder: Any, name: str, place: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    items = holder.get(name) if isinstance(holder, dict) else None
    for number, item in enumerate(items if isinstance(items, list) else ()):
        if isinstance(item, dict):
            yield f"{place}/{name}/{number}", item


def _slot(place: str, holder: dict[str, Any], name: str) -> Iterator[Slot]:
    if name in holder:
        yield f"{place}/{name}", holder, name


def changed_parts(before: Flow, after: Flow) -> list[str]:
    """Which parts differ, by name: `title`, `questions.wie`; `questions` when only their order does."""
    old, new = stored(before), stored(after)
    found = []
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) == new.get(name):
            continue
        inside = _named(name, old.get(name)), _named(name, new.get(name))
        keys = sorted(inside[0].keys() | inside[1].keys())
        differing = [f"{name}.{key}" for key in keys if inside[0].get(key) != inside[1].get(key)]
        found += differing or [name]
    return found


def _named(name: str, value: Any) -> Mapping[str, Any]:
    """The things of a list by their id or name; of `lists` by their name; nothing for a plain field."""
    if name in _LISTS:
        return {str(one.get("id") or one.get("name")): one for one in value or ()}
    return (value or {}) if name == "lists" else {}


def code_of(owner: str) -> str:
    """The code that a department of this name would have: `Sociaal Huis` is `sociaal-huis`."""
    return _NO_CODE.sub("-", owner.lower()).strip("-")


def first_draft(slug: str, title: str, owner: str) -> Flow:
    """The smallest flow there can be, to begin with."""
    return Flow(
        format=1,
        flow=slug,
        version=1,
        status="draft",
        title=title,
        owner=owner,
        questions=(Question(id="vraag_1", type="yesno", title="Schrijf hier je eerste vraag."),),
        outcomes=(
            Outcome(
                id="uitkomst_1",
                kind="contact",
                title="Stel je vraag aan de stad",
                text="Schrijf hier wat iemand dan moet doen.",
                handover=Handover(topic=slug),
            ),
        ),
    )
