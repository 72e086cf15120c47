"""From a form that somebody is typing to a subject for the engine: what is not finished is left out."""

from backend.crm import rules
from backend.crm.matching.rules import PersonName, Place, Subject
from backend.crm.suggestions.schemas import MatchRequest
from backend.kit.problems import ProblemError
from backend.kit.schema import given


def subject_asked(asked: MatchRequest) -> Subject:
    """What is typed so far; a number or address of which the check fails does not count yet."""
    names = given(asked.names)
    title = asked.organisation_name.strip()
    points = [(point.type, value) for point in asked.contact_points if (value := _contact(point.type, point.value))]
    return Subject(
        kind=asked.kind,
        names=_names(names.given, names.family, names.alias) if names and asked.kind == "person" else (),
        organisations=(title,) if title and asked.kind != "person" else (),
        birth_date=given(asked.birth_date) if asked.kind == "person" else None,
        emails=tuple(value for kind, value in points if kind == "email"),
        phones=tuple(value for kind, value in points if kind == "phone"),
        places=tuple(
            Place(place.street, place.number, place.box, place.postcode, place.municipality)
            for place in asked.addresses
        ),
        identifiers=tuple(
            (one.type, value) for one in asked.identifiers if (value := _identifier(one.type, one.value))
        ),
    )


def _names(first: str, family: str, alias: str) -> tuple[PersonName, ...]:
    found = [PersonName(first.strip(), family.strip())] if first.strip() or family.strip() else []
    if alias.strip():
        found.append(PersonName(*_alias(alias)))
    return tuple(found)


def _alias(alias: str) -> tuple[str, str]:
    """An alias is one text: its first word is taken for the given name."""
    head, _, tail = alias.strip().partition(" ")
    return (head, tail.strip()) if tail else ("", head)


def _contact(kind: rules.ContactPointType, typed: str) -> str | None:
    try:
        return rules.contact_value(kind, typed, name="")
    except ProblemError:
        return None


def _identifier(kind: rules.IdentifierType, typed: str) -> str | None:
    try:
        return rules.identifier(kind, typed, name="")
    except ProblemError:
        return None
