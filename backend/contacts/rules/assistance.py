"""The port to `assistant`: guided questions that were answered, and what a question keeps of them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any, Literal, Protocol

import msgspec
from msgspec import UNSET, Meta, UnsetType

from backend.kit.schema import Input, View

Mode = Literal["citizen", "agent"]
"""Who answered: a citizen alone, or a colleague for whoever asks."""

Topic = Annotated[str, Meta(min_length=1, max_length=100, pattern=r"\S", examples=["verhuis"])]
"""What an outcome is about, as the authors of flows call it; routing rules ask for it."""

MOST = 100
"""Answers of one flow, and structured answers of one question."""
LONGEST_TITLE, LONGEST_ANSWER, LONGEST_CODE = 200, 2_000, 100

_Title = Annotated[str, Meta(max_length=LONGEST_TITLE)]
_Code = Annotated[str, Meta(max_length=LONGEST_CODE)]
_CUT = "…"


class FlowAnswers(Input):
    """Answers to guided questions, to be replayed.

    Attributes:
        flow: name in the address of the flow.
        version: that was answered; without it the published one.
        answers: id of a question -> its answer, as the flow takes it.
        not_known: ids of questions that the customer could not answer.
        language: in which the questions were put; without it Dutch.
    """

    flow: Annotated[str, Meta(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60, examples=["verhuizen"])]
    version: Annotated[int, Meta(ge=1, le=2**31 - 1)] | UnsetType = UNSET
    answers: Annotated[dict[str, Any], Meta(max_length=MOST)] = {}
    not_known: Annotated[list[_Code], Meta(max_length=MOST)] = []
    language: Annotated[str, Meta(pattern=r"^[a-z]{2}$", examples=["nl"])] | UnsetType = UNSET


class GivenAnswer(View):
    """One question of a flow with the answer that was given: in words for people, and as it was given."""

    question: _Code
    title: _Title
    answer: Annotated[str, Meta(max_length=LONGEST_ANSWER)]
    value: Any


class Assistance(View):
    """What a question keeps of the digital assistant.

    Attributes:
        flow, version, title: which questions were put.
        mode: who answered them.
        language: in which.
        day: on which, in Brussels; the flow counted with it.
        outcome, outcome_title, outcome_kind: where the answers led to; absent when it stopped early.
        open_question, open_title: the question at which it stopped early.
        path: the answers that led there, in the order in which they were asked.
        kept: answers that were given and are not on the path (any more).
        not_known: what the customer could not answer.
        topic, team: what the outcome is about, and the code of the department for it.
    """

    flow: _Code
    version: int
    title: _Title
    mode: Mode
    language: _Code
    day: date
    outcome: _Code | None = None
    outcome_title: _Title | None = None
    outcome_kind: _Code | None = None
    open_question: _Code | None = None
    open_title: _Title | None = None
    path: Annotated[list[GivenAnswer], Meta(max_length=MOST)] = []
    kept: Annotated[list[GivenAnswer], Meta(max_length=MOST)] = []
    not_known: Annotated[list[_Title], Meta(max_length=MOST)] = []
    topic: _Code | None = None
    team: _Code | None = None


class Guide(Protocol):
    """Port to `assistant`: replays answers."""

    async def guided(self, asked: FlowAnswers, *, mode: Mode, day: date) -> Assistance:
        """What these answers lead to on this day (Brussels); 400 for an unknown flow or answer, naming its field."""
        ...


def bounded(found: Assistance) -> Assistance:
    """The same, no larger than what is kept: a text that is too long is cut, so that no question is lost by it."""
    return msgspec.structs.replace(
        found,
        title=_cut(found.title, LONGEST_TITLE),
        outcome_title=_cut(found.outcome_title, LONGEST_TITLE) if found.outcome_title else None,
        open_title=_cut(found.open_title, LONGEST_TITLE) if found.open_title else None,
        path=[_bounded(one) for one in found.path[:MOST]],
        kept=[_bounded(one) for one in found.kept[:MOST]],
        not_known=[_cut(one, LONGEST_TITLE) for one in found.not_known[:MOST]],
        topic=_cut(found.topic, LONGEST_CODE) if found.topic else None,
        team=_cut(found.team, LONGEST_CODE) if found.team else None,
    )


def normal_topic(text: str) -> str:
    """A topic as it is compared: capitals and spaces make no difference."""
    return " ".join(text.split()).casefold()


def answers_with(
    told: Iterable[Mapping[str, str]], found: Assistance, before: Assistance | None = None
) -> list[dict[str, str]]:
    """Structured answers of a question together with those on the path; those told come first, each once.

    Args:
        told: `question` and `answer` each.
        found: what is added.
        before: what the question kept of the assistant until now: when it was the same flow, answers of it that are
            among those told make room for the new ones.
    """
    gone = _pairs(before.path) if before and before.flow == found.flow else []
    known = [dict(one) for one in told if dict(one) not in gone]
    new = [one for one in _pairs(found.path) if one not in known]
    return [*known, *new][:MOST]


def traced(found: Assistance) -> dict[str, Any]:
    """What the timeline keeps of it: which flow and where it led, none of the answers."""
    codes = {"flow": found.flow, "version": found.version, "outcome": found.outcome}
    return {name: value for name, value in codes.items() if value is not None}


def _pairs(path: Sequence[GivenAnswer]) -> list[dict[str, str]]:
    return [{"question": one.title, "answer": one.answer} for one in path]


def _bounded(one: GivenAnswer) -> GivenAnswer:
    title, answer = _cut(one.title, LONGEST_TITLE), _cut(one.answer, LONGEST_ANSWER)
    large = len(msgspec.json.encode(one.value)) > LONGEST_ANSWER
    return msgspec.structs.replace(one, title=title, answer=answer, value=answer if large else one.value)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - len(_CUT)] + _CUT
