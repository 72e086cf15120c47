"""Nothing is forgotten: every table about customers is in the export, or it is said here why it is not."""

import msgspec
import pytest
from sqlalchemy import Table

from backend.cases.export.schemas import ExportView
from backend.kit.db import Base
from tests.architecture.test_migrations import import_tables

ABOUT = ("customer", "contact", "question", "application_case")
"""Where everything about a customer hangs on."""

IN: dict[str, str] = {
    "customer": "customer",
    "customer_address": "customer.addresses",
    "customer_contact_point": "customer.contactPoints",
    "customer_identifier": "customer.identifiers",
    "customer_name": "customer.names",
    "customer_name_part": "customer.names",
    "customer_superseded": "changes.change",
    "customer_merge": "changes.link",
    "representation": "changes.representation",
    "status_sharing": "statusSharing",
    "register_lookup": "consultations",
    "contact_point_verification": "customer.contactPoints",
    "contact": "contacts",
    "contact_question": "contacts.references",
    "question": "questions",
    "question_event": "questions.events",
    "message": "questions.messages",
    "satisfaction": "questions.events.opinion",
    "contribution": "questions.contributions",
    "attachment": "questions.files",
    "call_attempt": "questions.calls",
    "appointment": "questions.appointments",
    "appointment_mail": "questions.messages",
    "application_case": "cases",
    "dossier": "dossiers",
}
"""Table -> field of the document in which its rows are."""

OUT: dict[str, str] = {
    "match_key": "keyed hashes of facts that are there, to find who is registered twice",
    "match_profile": "the same facts, made ready for comparing",
    "match_suggestion": "an unproved guess, which names somebody else",
    "match_decision": "the same",
    "register_difference": "what a register says until a colleague decides; what was taken over is a fact",
    "claim": "asked whether a form is theirs; what was confirmed is a question of theirs, with its event",
    "submission": "a form until it is a question",
    "inbound_mail": "what came in is a message of the question; the raw mail is what it was read from",
    "notice": "what colleagues are told to look at",
}
"""Table -> why its rows are not in it."""


def hanging() -> set[str]:
    """Tables about customers: those of `ABOUT`, and whatever points to one or names a customer."""
    tables, found = Base.metadata.tables, set(ABOUT)
    while more := {name for name, table in tables.items() if name not in found and _points(table, found)}:
        found |= more
    return found


def _points(table: Table, found: set[str]) -> bool:
    return "customer_id" in table.columns or any(key.column.table.name in found for key in table.foreign_keys)


def test_every_table_about_customers_is_in_it_or_it_is_said_why_not() -> None:
    import_tables()
    assert hanging() == set(IN) | set(OUT)
    assert not set(IN) & set(OUT)


@pytest.mark.parametrize("where", sorted(set(IN.values())))
def test_the_field_is_there(where: str) -> None:
    found: object = ExportView
    for name in where.split("."):
        fields = {field.encode_name: field.type for field in msgspec.structs.fields(_struct(found))}
        assert name in fields, f"{name} of {where}"
        found = fields[name]


def _struct(kind: object) -> type[msgspec.Struct]:
    """The struct within a type such as `list[X]` or `X | None`."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return kind
    inside = [_struct(one) for one in getattr(kind, "__args__", ()) if getattr(one, "__name__", "") != "UnsetType"]
    return inside[0]
