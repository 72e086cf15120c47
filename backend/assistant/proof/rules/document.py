"""The JSON Schema of a flow, and every fault of a document in Dutch."""

import json
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import msgspec
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from backend.assistant.proof.rules.findings import FlowFinding, pointer
from backend.assistant.rules import Flow

_ADDRESS = re.compile(
    r"(https?://[a-zA-Z0-9][^\s/?#\"<>\\]*[^\s\"<>\\]*|mailto:[^\s@]+@[^\s@]+|tel:[+0-9][0-9 ()./-]*)"
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_MOST = 100
"""Faults of form that are told; who has more starts with these."""
_HARMLESS = [("format", "uri"), ("minProperties", 2)]
"""Faults of a link, with which a flow can be taken all the same."""
WITH_OPTIONS = ("choice", "multi")
NO_OPTIONS = ("date", "integer", "number", "money", "postcode", "country", "text")

_CHECKER = FormatChecker(formats=())


@_CHECKER.checks("date")
def _is_day(value: object) -> bool:
    if not isinstance(value, str):
        return True
    try:
        return bool(_DAY.fullmatch(value)) and bool(date.fromisoformat(value))
    except ValueError:
        return False


@_CHECKER.checks("uri")
def _is_address(value: object) -> bool:
    return not isinstance(value, str) or bool(_ADDRESS.fullmatch(value))


@cache
def flow_schema() -> dict[str, Any]:
    """The format as JSON Schema 2020-12, made from the structs: null nowhere, options where a question has them."""
    _, parts = msgspec.json.schema_components([Flow], ref_template="#/$defs/{name}")
    shapes: dict[str, Any] = {name: _strict(part) for name, part in parts.items()}
    shapes["Question"]["allOf"] = [
        {"if": {"properties": {"type": {"enum": [*WITH_OPTIONS]}}}, "then": {"required": ["options"]}},
        {"if": {"properties": {"type": {"enum": [*NO_OPTIONS]}}}, "then": {"not": {"required": ["options"]}}},
    ]
    shapes["Link"]["minProperties"] = 2
    shapes["Link"]["properties"]["url"]["format"] = "uri"
    whole = shapes.pop("Flow")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **whole, "$defs": shapes}


def _strict(part: Any) -> Any:
    """Without null, and with Dutch in every text that has languages."""
    if isinstance(part, list):
        return [_strict(one) for one in part]
    if not isinstance(part, dict):
        return part
    found = {
        key: _strict(value) for key, value in part.items() if not (key == "default" and value in (None, [], {}, ()))
    }
    if "anyOf" in found:
        left = [one for one in found.pop("anyOf") if one != {"type": "null"}]
        found |= left[0] if len(left) == 1 else {"anyOf": left}
    if found.get("propertyNames") == {"pattern": "^[a-z]{2}$"}:
        found |= {"required": ["nl"]}
    return found


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(flow_schema(), format_checker=_CHECKER)


class _Twice(ValueError):
    """A name that stands twice in one object; JSON readers would silently keep one."""


def parse(content: bytes | str) -> tuple[Any, list[FlowFinding]]:
    """The JSON and what is wrong with it as JSON; with a fault the JSON is None."""
    try:
        text = content.decode("utf-8-sig") if isinstance(content, bytes) else content
        return json.loads(text, object_pairs_hook=_object, parse_constant=_constant), []
    except json.JSONDecodeError as error:
        said = f"Dit is geen JSON: fout op regel {error.lineno}, teken {error.colno}."
    except UnicodeDecodeError:
        said = "Dit bestand is geen tekst in UTF-8."
    except RecursionError:
        said = "Dit document heeft te veel niveaus."
    except ValueError as error:
        said = str(error) if isinstance(error, _Twice) else "Een getal in dit document is te lang."
    return None, [FlowFinding(code="schema", message=said)]


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _Twice(f"“{twice}” staat twee keer in hetzelfde deel{_of(found)}. Haal er één weg.")
    return found


def _of(part: dict[str, Any]) -> str:
    return f" ({part['id']})" if isinstance(part.get("id"), str) else ""


def _constant(name: str) -> Any:
    raise _Twice(f"{name} is geen getal dat in een wegwijzer kan staan.")


def faults_of_form(document: Any) -> list[FlowFinding]:
    """Every place where a document is not what the format says."""
    found = [one for error in _validator().iter_errors(document) for one in _told(error, document)]
    unique = {(one.path, one.message): one for one in found}
    return sorted(unique.values(), key=lambda one: one.path)[:_MOST]


def readable(document: Any) -> Any:
    """The document without the parts that the format does not know, so that the rest can be looked at too.

    None when it has other faults, with which it is no flow.
    """
    copy = json.loads(json.dumps(document))
    for error in _validator().iter_errors(document):
        if error.validator == "additionalProperties":
            part = copy
            for step in error.absolute_path:
                part = part[step]
            for name in _unknown(error):
                part.pop(name, None)
        elif (error.validator, error.validator_value) not in _HARMLESS:
            return None
    return copy


def _told(error: ValidationError, document: Any) -> Iterator[FlowFinding]:
    if error.validator in {"anyOf", "oneOf"} and error.context:
        yield from _told(_deepest(error), document)
        return
    path = list(error.absolute_path)
    where, ids = _place(document, path)
    for said in _said(error, path):
        yield FlowFinding(code="schema", message=f"{where}{said}", path=pointer(*path), **ids)


def _deepest(error: ValidationError) -> ValidationError:
    """Of several ways to be right, the one that this value tries to be."""
    wanted = "object" if isinstance(error.instance, dict) else "string"
    ways = list(error.context or ())
    return next((one for one in ways if one.validator != "type" or one.validator_value == wanted), ways[0])


def _place(document: Any, path: list[Any]) -> tuple[str, dict[str, Any]]:
    """Where it is, as people say it: the question or outcome by its title."""
    if len(path) < 2 or path[0] not in {"questions", "outcomes", "facts", "tests"}:  # noqa: PLR2004 list and number
        return "", {}
    part = document[path[0]][path[1]]
    kind, word = {
        "questions": ("question", "Vraag"),
        "outcomes": ("outcome", "Uitkomst"),
        "facts": ("fact", "Gegeven"),
        "tests": ("test", "Test"),
    }[path[0]]
    key = "name" if kind == "test" else "id"
    known = part if isinstance(part, dict) else {}
    title = known.get("title", known.get(key))
    title = title.get("nl") if isinstance(title, dict) else title
    ids = {kind: known[key]} if isinstance(known.get(key), str) else {}
    return f"{word} {f'“{title}”' if isinstance(title, str) else path[1] + 1}: ", ids


def _unknown(error: ValidationError) -> list[str]:
    instance: Any = error.instance
    return sorted(set(instance) - set(error.schema.get("properties", {})))  # type: ignore[union-attr]


def _said(error: ValidationError, path: list[Any]) -> Iterator[str]:
    name = next((part for part in reversed(path) if isinstance(part, str)), "")
    here = f"“{name}”" if name else "het document"
    value: Any = error.instance
    limit: Any = error.validator_value
    match error.validator:
        case "required" if limit == ["options"]:
            yield "geef minstens twee antwoorden (options)."
        case "required":
            missing = [one for one in limit if one not in value]
            yield f"{here} mist {', '.join(f'“{one}”' for one in missing)}. Vul dat in."
        case "additionalProperties":
            for one in _unknown(error):
                yield f"“{one}” kennen wij niet in {here}. Haal het weg of verbeter de naam."
        case "not":
            yield "alleen een keuzevraag heeft antwoorden (options). Haal ze weg of kies een ander type."
        case "enum" | "const":
            yield f"{here} is {_quoted(value)}; kies uit {', '.join(map(str, limit))}."
        case "type":
            yield f"{here} moet {_KINDS.get(str(limit), str(limit))} zijn, niet {_quoted(value)}."
        case "minProperties":
            yield f"{here} mist een product, formulier, adres of andere wegwijzer."
        case _:
            yield _of_size(str(error.validator), here, value, limit)


_KINDS = {
    "string": "tekst",
    "object": "een deel met namen",
    "array": "een lijst",
    "integer": "een geheel getal",
    "number": "een getal",
    "boolean": "true of false",
}


def _of_size(validator: str, here: str, value: Any, limit: Any) -> str:  # noqa: PLR0911 one per kind
    match validator:
        case "minLength":
            return f"{here} is leeg. Vul een tekst in."
        case "maxLength":
            return f"{here} is langer dan {limit} tekens. Maak het korter."
        case "minItems":
            return f"{here} heeft minstens {limit} nodig."
        case "maxItems":
            return f"{here} heeft er {len(value)}; hoogstens {limit} kan."
        case "pattern":
            return f"{_quoted(value)} kan niet in {here}: gebruik kleine letters en cijfers{_joined(limit)}."
        case "format" if limit == "date":
            return f"{here} is geen datum: {_quoted(value)}. Schrijf ze als 2026-12-01."
        case "format":
            return f"{here} is geen adres: {_quoted(value)}. Begin met https://, mailto: of tel:."
        case "minimum":
            return f"{here} moet {limit} of meer zijn."
    return f"{here} klopt niet: {_quoted(value)}."


def _joined(pattern: str) -> str:
    if "{2}" in pattern:
        return " (een taal is twee letters, bijvoorbeeld nl)"
    return ", met _ ertussen" if "_" in pattern else ", met - ertussen"


def _quoted(value: Any) -> str:
    shown = json.dumps(value, ensure_ascii=False)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."  # noqa: PLR2004 fits on a line
