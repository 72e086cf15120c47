"""A flow on one screen: every question with where it stands."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

import msgspec

from backend.assistant.guidance.rules.reach import Reach, passed_over, reach, readable
from backend.assistant.guidance.rules.views import (
    GuidedOutcome,
    GuidedQuestion,
    GuidedView,
    OutcomeLeft,
    OutcomesLeft,
    State,
)
from backend.assistant.rules import DONT_KNOW, Position, Program, Question, label, replay, say
from backend.assistant.steps.rules import Surroundings, asked_of, country_views, outcome_view

FEW = 10
"""Outcomes that are named."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of the answers.

    Attributes:
        given: by the agent, by id of the question.
        customer: what we know of the customer answers these.
        not_known: the customer could not answer these.
    """

    given: Mapping[str, Any] = {}
    customer: Mapping[str, Any] = {}
    not_known: Collection[str] = ()

    def answers(self, program: Program) -> dict[str, Any]:
        """To be replayed: who does not know has answered where that is an answer, and has not where it is none."""
        known = {**self.customer, **self.given}
        for name in self.not_known:
            known.pop(name, None)
            if name in program.questions and program.questions[name].dont_know:
                known[name] = DONT_KNOW
        return known


class _Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where everything stands."""

    position: Position
    reach: Reach
    over: frozenset[str]
    answers: Mapping[str, Any]
    refused: Mapping[str, str]
    told: Told


def screen(program: Program, told: Told, today: date, language: str, around: Surroundings) -> GuidedView:
    """The whole flow for an agent.

    Args:
        program: the flow.
        told: the answers.
        today: in Brussels.
        language: of texts.
        around: where links can lead to.
    """
    standing = _standing(program, told, today, language)
    position, outcome = standing.position, standing.position.outcome
    stopped = position.question is not None and position.question.id in told.not_known
    abroad = any(one.type == "country" for one in program.flow.questions)
    return GuidedView(
        flow=program.flow.flow,
        version=program.flow.version,
        title=say(program.flow.title, language),
        language=language,
        questions=[_question(one, standing, language) for one in program.flow.questions],
        next=position.question.id if position.question and not stopped else None,
        outcome=_outcome(position, language, around) if outcome else None,
        outcomes_left=_left(program, standing.reach, language),
        stopped=stopped,
        countries=country_views(language) if abroad else (),
        unknown=[one for one in told.given if one not in program.questions],
        stuck=position.at is None,
    )


def _standing(program: Program, told: Told, today: date, language: str) -> _Standing:
    answers = told.answers(program)
    position = replay(program, answers, today, language)
    good, refused = readable(program, answers, language)
    if position.question:
        good.pop(position.question.id, None)
        if position.refused:
            refused[position.question.id] = position.refused
    return _Standing(
        position=position,
        reach=reach(program, position, good, today),
        over=passed_over(program, position, today),
        answers=answers,
        refused=refused,
        told=told,
    )


def _state(name: str, standing: _Standing) -> State:
    position = standing.position
    here = position.question is not None and position.question.id == name
    passed = any(one.question.id == name for one in position.passed)
    if name in standing.told.not_known and (passed or name in standing.reach.questions):
        return "notKnown"
    if passed:
        return "answered"
    if here:
        return "open"
    if name in standing.over:
        return "passedOver"
    return "ahead" if name in standing.reach.questions else "notNeeded"


def _question(question: Question, standing: _Standing, language: str) -> GuidedQuestion:
    name, told = question.id, standing.told
    there = name in standing.answers
    origin = "customer" if name in told.customer and name not in told.given else "given"
    return GuidedQuestion(
        **asked_of(question, language),
        say=question.agent_say or say(question.title, language),
        note=question.agent_note,
        state=_state(name, standing),
        answer=label(question, standing.answers[name], language) if there else None,
        value=standing.answers.get(name),
        origin=origin if there else None,  # type: ignore[arg-type] # one of the two
        refused=standing.refused.get(name),
    )


def _outcome(position: Position, language: str, around: Surroundings) -> GuidedOutcome | None:
    outcome = position.outcome
    if outcome is None:
        return None
    view = outcome_view(outcome, position.blocks, language, around)
    return GuidedOutcome(**msgspec.structs.asdict(view), agent_note=outcome.agent_note)


def _left(program: Program, reached: Reach, language: str) -> OutcomesLeft:
    few = [one for one in program.flow.outcomes if one.id in reached.outcomes]
    named = [OutcomeLeft(id=one.id, title=say(one.title, language)) for one in few] if len(few) <= FEW else []
    return OutcomesLeft(count=len(few), items=named)
