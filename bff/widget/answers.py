"""Answers to the questions of a product, checked before a form is passed on: who takes forms in reads no products."""

import math
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from backend.kit.problems import BELGIF, Issue, ProblemError, unknown_reference
from bff.core.client import Caller, Core, ProblemRelayed
from bff.widget.core import PRODUCT, Question
from bff.widget.words import MISSING, NO_DATE, NO_NUMBER, NO_OPTION, NOT_ASKED, TWICE

FORM = "submitForm"
GONE = 404


class Answer(msgspec.Struct, frozen=True):
    """An answer as it was sent."""

    question: str
    answer: str


class Answered(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What of a form is checked here; the core checks it all."""

    product_id: UUID | None = None
    structured_answers: list[Answer] = []


async def answered(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Guard: a form about a product answers what that product asks, and nothing else.

    A form that is no form at all is left to the core, which says what is wrong with it. So is one whose product cannot
    be read now: a question is not refused because the catalogue is away.

    Raises:
        ProblemError: 400 with every wrong answer, or an unknown product.
    """
    if getattr(handler, "operation_id", None) != FORM or connection.scope["method"] != "POST":  # type: ignore[typeddict-item] # of HTTP
        return
    body = await Request[Any, Any, Any](connection.scope, connection.receive).body()
    try:
        form = msgspec.json.decode(body, type=Answered)
    except msgspec.DecodeError:
        return
    if form.product_id is None:
        return
    core: Core = connection.app.state.core
    caller: Caller = connection.scope["state"]["caller"]
    try:
        product = await core.get(PRODUCT, caller, product_id=form.product_id)
    except ProblemRelayed as refused:
        if refused.answer.status == GONE:
            raise unknown_reference("productId", "No such product.") from refused
        raise
    except ProblemError:
        return
    if issues := wrong(product.contact_form_questions, form.structured_answers):
        raise ProblemError(400, "Some answers are missing or not valid.", issues=issues)


def wrong(asked: Sequence[Question], given: Sequence[Answer]) -> list[Issue]:
    """What is wrong with the answers, in the words of who fills them in."""
    questions = {one.label: one for one in asked}
    issues, seen = [], set()
    for place, one in enumerate(given):
        question = questions.get(one.question)
        fault = TWICE if one.question in seen else _fault(question, one.answer.strip()) if question else NOT_ASKED
        seen.add(one.question)
        if fault:
            issues.append(_issue(f"structuredAnswers[{place}]", fault))
    missing = [one for one in asked if one.required and one.label not in seen]
    return issues + [_issue(f"structuredAnswers.{one.key}", MISSING) for one in missing]


def _fault(question: Question, answer: str) -> str | None:
    if not answer:
        return MISSING if question.required else None
    if question.kind == "choice":
        return None if answer in question.options else NO_OPTION
    if question.kind == "date":
        return None if _reads(date.fromisoformat, answer) else NO_DATE
    if question.kind == "number":
        number = answer.replace(",", ".")
        return None if _reads(float, number) and math.isfinite(float(number)) else NO_NUMBER
    return None


def _reads(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _issue(name: str, detail: str) -> Issue:
    return Issue(type=f"{BELGIF}input-validation:invalidInput", where="body", name=name, detail=detail)
