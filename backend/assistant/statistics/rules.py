"""Which steps are counted, and what the counts say."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal

import msgspec

from backend.assistant.rules import DUTCH, Position, Program, say

Kind = Literal["question", "outcome", "handover", "stopped"]
"""Where a step leads: to a question, to an outcome, to the city, or nowhere (an agent stopped)."""

START = ""
"""Before the first question."""


class Edge(msgspec.Struct, frozen=True, order=True):
    """A step: from a node to a node. To the city and nowhere are nodes of the name of their kind."""

    source: str
    kind: Kind
    target: str


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """How often a step was taken."""

    edge: Edge
    count: int


def arrived(position: Position) -> tuple[Kind, str] | None:
    """The node that somebody sees now; None where a flow does not go on."""
    if position.outcome:
        return "outcome", position.outcome.id
    return ("question", position.question.id) if position.question else None


def counted(
    program: Program, position: Position, answered: str | None, was_at: str | None, *, start: bool
) -> list[Edge]:
    """The steps of one request.

    Args:
        program: the flow.
        position: where the answers lead.
        answered: the question that was just answered.
        was_at: where somebody was who changed an earlier answer: that node is left, the earlier question seen again.
        start: nothing was answered yet.
    """
    reached = arrived(position)
    if reached is None:
        return []
    if answered is None:
        return [Edge(START, *reached)] if start else []
    known = was_at in program.questions or was_at in program.outcomes
    back = [Edge(was_at, "question", answered)] if was_at and known and was_at != answered else []
    if answered in {one.question.id for one in position.passed}:
        return [*back, Edge(answered, *reached)]
    return back if reached == ("question", answered) else []  # refused, or no question on the way


def whole(position: Position) -> list[Edge]:
    """Every step of a flow that was taken at once; one that did not reach an outcome stopped at its open question."""
    names = [one.question.id for one in position.passed]
    reached = arrived(position)
    nodes: list[tuple[Kind, str]] = [("question", name) for name in names]
    nodes += [reached] if reached else []
    edges = [Edge(source, *node) for source, node in zip([START, *names], nodes, strict=False)]
    end = position.question.id if position.question else position.stuck
    return edges if position.outcome or end is None else [*edges, Edge(end, "stopped", "stopped")]


def to_the_city(position: Position) -> list[Edge]:
    """The step by which the city is asked."""
    at = position.at or position.stuck
    return [Edge(at, "handover", "handover")] if at else []


class QuestionFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Of one question: how often it came, something followed, and what else was done there."""

    id: str
    came: int
    went_on: int
    handed_over: int
    stopped: int

    @property
    def dropped_off(self) -> int:
        """How often nothing came after it. Never below zero: of a day the answer may come on the next one."""
        return max(0, self.came - self.went_on - self.handed_over - self.stopped)


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """What steps say.

    Attributes:
        outcomes: how often each outcome is where it ended.
        questions: in the order of the flow.
    """

    started: int
    outcomes: dict[str, int]
    handed_over: int
    stopped: int
    questions: list[QuestionFigures]

    @property
    def finished(self) -> int:
        """How often an outcome was reached."""
        return sum(self.outcomes.values())


def figures(steps: Iterable[Step], program: Program | None) -> Figures:
    """What the steps of one flow, version and mode say; without the flow questions are in the order of their ids."""
    steps = list(steps)
    came, ends = Counter[str](), Counter[str]()
    onward, handed, stopped = Counter[str](), Counter[str](), Counter[str]()
    for step in steps:
        edge = step.edge
        if edge.kind in {"question", "outcome"}:
            onward[edge.source] += step.count
            (came if edge.kind == "question" else ends)[edge.target] += step.count
        else:
            (handed if edge.kind == "handover" else stopped)[edge.source] += step.count
    order = list(program.questions) if program else []
    seen = [*(one for one in order if one in came), *sorted(set(came) - set(order))]
    return Figures(
        started=onward[START],
        outcomes={one: max(0, count - onward[one]) for one, count in sorted(ends.items())},
        handed_over=sum(handed.values()),
        stopped=sum(stopped.values()),
        questions=[
            QuestionFigures(id=one, came=came[one], went_on=onward[one], handed_over=handed[one], stopped=stopped[one])
            for one in seen
        ],
    )


def titles(program: Program | None) -> Mapping[str, str]:
    """What the questions and outcomes of a flow are called, in Dutch, by id."""
    if program is None:
        return {}
    questions = {one.id: say(one.title, DUTCH) for one in program.flow.questions}
    return questions | {one.id: say(one.title, DUTCH) for one in program.flow.outcomes}


def days_of(rows: Iterable[tuple[date, Step]]) -> dict[date, list[Step]]:
    """Steps by day, the days in order."""
    found: dict[date, list[Step]] = {}
    for day, step in sorted(rows, key=lambda one: one[0]):
        found.setdefault(day, []).append(step)
    return found
