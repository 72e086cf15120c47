"""JSON shapes of how flows are taken."""

from datetime import date

import msgspec

from backend.assistant.statistics.rules import Kind
from backend.contacts.rules import Mode
from backend.kit.schema import View


class FlowQuestionFigures(View):
    """Of one question.

    Attributes:
        came: how often it was shown.
        went_on: how often something followed: it was answered, or left for an earlier one.
        handed_over: how often the city was asked from there.
        stopped: how often an agent stopped there.
        dropped_off: how often nothing came after it.
    """

    id: str
    title: str | None = None
    came: int
    went_on: int
    handed_over: int
    stopped: int
    dropped_off: int


class FlowOutcomeFigures(View):
    """How often a flow ended with this outcome."""

    id: str
    title: str | None = None
    times: int


class FlowStepFigures(View):
    """How often one step was taken.

    Attributes:
        source: the question or outcome it was taken from; empty at the start.
        kind: to what it led: a question, an outcome, the city (`handover`), nowhere (`stopped`).
        target: the question or outcome that it led to.
        days: how often on each day that it was taken.
    """

    source: str = msgspec.field(name="from")
    kind: Kind
    target: str = msgspec.field(name="to")
    times: int
    days: dict[str, int]


class FlowDay(View):
    """One day, in Brussels."""

    day: date
    started: int
    finished: int
    handed_over: int
    stopped: int


class FlowFigures(View):
    """How one version of a flow was taken, by citizens themselves or by agents for them."""

    flow: str
    version: int
    mode: Mode
    title: str | None = None
    started: int
    finished: int
    handed_over: int
    stopped: int
    outcomes: list[FlowOutcomeFigures]
    questions: list[FlowQuestionFigures]
    steps: list[FlowStepFigures]
    days: list[FlowDay]


class FlowTotals(View):
    """All of it together."""

    started: int
    finished: int
    handed_over: int
    stopped: int


class FlowStatistics(View):
    """How flows were taken from one day to another, both included."""

    first: date = msgspec.field(name="from")
    last: date = msgspec.field(name="to")
    totals: FlowTotals
    items: list[FlowFigures]
