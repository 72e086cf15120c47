"""From what was typed to rows: what cannot be is refused, everything else becomes what is stored."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.contacts.facts.rules import told_postcode
from backend.contacts.messages.service import MessageRow, mail
from backend.contacts.registration.schemas import ContactCreate, QuestionCreate, StructuredAnswer
from backend.contacts.rules import (
    PRIORITIES,
    WEBSITE,
    Assistance,
    Identity,
    Placement,
    Purpose,
    answers_with,
    opening,
    settled_at_once,
)
from backend.kit.identifiers import IdentifierInvalid, normalise_email, normalise_phone
from backend.kit.problems import check_moment, conflict, invalid_input
from backend.kit.reference import new_reference
from backend.kit.schema import given
from backend.kit.work import Work


class Arrived(msgspec.Struct, frozen=True, kw_only=True):
    """What is certain already of the one question of a form.

    Attributes:
        reference: that its sender was told.
        identity: how sure it is who sent it.
        assistance: the guided questions that led to it.
    """

    reference: str
    identity: Identity
    assistance: Assistance | None = None


_ANSWERED = {"version": 2, "type": "answered", "state": "answered", "term_id": None, "reason": None, "data": None}


def check(data: ContactCreate, now: datetime) -> None:
    """What the shape alone cannot say."""
    if not data.questions and not data.follow_ups:
        raise invalid_input("Give at least one question or follow-up.", name="questions")
    if given(data.customer) and given(data.customer_id):
        raise invalid_input("Give customer or customerId, not both.", name="customer")
    start, end = given(data.started_at), given(data.ended_at)
    check_moment(start, now, "startedAt")
    check_moment(end, now, "endedAt")
    if end and (start is None or end < start):
        raise invalid_input("The end comes after the start.", name="endedAt", kind="invalidPeriod")
    for place, asked in enumerate(data.questions):
        first = given(asked.answer)
        if first and first.send_information and not given(asked.product_id):
            raise invalid_input(
                "Information is that of a product; give productId.", name=f"questions[{place}].productId"
            )
        for number, window in enumerate(given(asked.call_back_windows) or ()):
            if window.end <= window.start:
                name = f"questions[{place}].callBackWindows[{number}].end"
                raise invalid_input("The end comes after the start.", name=name, kind="invalidPeriod")


def told(data: ContactCreate) -> dict[str, str] | None:
    """The caller's own data, normalised; what was typed is kept when it is no ordinary number."""
    caller = given(data.caller)
    if caller is None:
        return None
    found: dict[str, str] = {}
    try:
        if name := given(caller.name):
            found["name"] = name
        if phone := given(caller.phone):
            number = normalise_phone(phone)
            found["phone"] = number.e164 or number.typed
        if email := given(caller.email):
            found["email"] = normalise_email(email)
    except IdentifierInvalid as error:
        raise invalid_input(str(error), name="caller") from error
    return found or None


def with_answers(asked: QuestionCreate, found: Assistance | None) -> QuestionCreate:
    """The question with the answers to guided questions among its own."""
    if found is None or not found.path:
        return asked
    told = [{"question": one.question, "answer": one.answer} for one in given(asked.structured_answers) or ()]
    answers = [StructuredAnswer(**one) for one in answers_with(told, found)]
    return msgspec.structs.replace(asked, structured_answers=answers)


def place_of(asked: QuestionCreate) -> str | None:
    """The postcode that a question is about, when it says so."""
    location, answers = given(asked.location), given(asked.structured_answers) or ()
    place = given(location.postcode) if location else None
    return told_postcode(place, [{"question": one.question, "answer": one.answer} for one in answers])


def question_row(
    work: Work,
    asked: QuestionCreate,
    placement: Placement,
    data: ContactCreate,
    customer_id: UUID | None,
    arrived: Arrived | None = None,
) -> dict[str, Any]:
    """A question as it is stored: answered at once, or as it was placed."""
    answered, channel = given(asked.answer) is not None, asked.answer_channel
    priority = min(PRIORITIES.index(one) for one in (asked.priority, placement.priority or asked.priority))
    begin = settled_at_once if answered else opening
    standing = begin(placement, channel, priority)
    identity = ("claimed" if data.channel in WEBSITE else "confirmed") if customer_id else "anonymous"
    return {
        "id": uuid7(),
        "reference": arrived.reference if arrived else new_reference(),
        "customer_id": customer_id,
        "kind": asked.kind,
        "subject": asked.subject,
        "body": given(asked.text),
        "product_id": given(asked.product_id),
        "channel": data.channel,
        "department_id": standing.department_id,
        "state": standing.state,
        "priority": standing.priority,
        "deadline": standing.deadline,
        "next_action": standing.next_action,
        "next_action_at": standing.next_action_at,
        "confidentiality": "sensitive" if placement.sensitive else asked.confidentiality,
        "language": asked.language,
        "answer_channel": asked.answer_channel,
        "call_back_windows": given(asked.call_back_windows),
        "identity": arrived.identity if arrived else identity,
        "structured_answers": given(asked.structured_answers),
        "location": given(asked.location),
        "created_at": work.now,
        "answered_at": standing.answered_at,
        "escalate_at": standing.escalate_at,
        "escalation": standing.escalation,
        "bounces": standing.bounces,
        "open_contributions": standing.open_contributions,
        "moved_at": work.now,
        "version": 2 if answered else 1,
    }


def events_of(work: Work, row: dict[str, Any], placement: Placement) -> list[dict[str, Any]]:
    """One event per version: registered, and answered when that happened at once."""
    registered = {
        "id": uuid7(),
        "question_id": row["id"],
        "version": 1,
        "type": "registered",
        "at": work.now,
        "actor_id": work.actor,
        "state": "new",
        "department_id": placement.department_id,
        "term_id": placement.term_id,
        "reason": placement.reason,
        "data": placement.data,
    }
    if row["version"] == 1:
        return [registered]
    return [registered, {**registered, **_ANSWERED, "id": uuid7()}]


def messages_of(
    work: Work, asked: QuestionCreate, row: dict[str, Any], contact_id: UUID, *, may_mail: bool
) -> list[MessageRow]:
    """What was said at once, and the mails that follow the contact."""
    first = given(asked.answer)
    if first is None:
        wanted = asked.acknowledge and may_mail
        return [_letter(work, "acknowledgement", row, contact_id)] if wanted else []
    said = MessageRow(
        question_id=row["id"],
        contact_id=contact_id,
        direction="outbound",
        purpose="answer",
        channel=row["channel"],
        body=first.text,
        author_id=work.actor,
        created_at=work.now,
    )
    if not first.send_information:
        return [said]
    if not may_mail:
        raise conflict("noEmailAddress", "No e-mail address is known to send the information to.")
    return [said, _letter(work, "information", row, contact_id)]


def _letter(work: Work, purpose: Purpose, row: dict[str, Any], contact_id: UUID) -> MessageRow:
    product_id = row["product_id"] if purpose == "information" else None
    moment = {"department_id": row["department_id"], "deadline": row["deadline"]}
    return mail(work, purpose, row["id"], product_id=product_id, contact_id=contact_id, **moment)
