"""JSON shapes of looking at a version of a flow."""

from datetime import date
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from backend.assistant.graph.rules import Outline
from backend.assistant.proof.rules import Report
from backend.assistant.review.rules import FactView, NotesView
from backend.assistant.steps.rules import StepView
from backend.assistant.versions.schemas import FlowVersionSummary
from backend.kit.schema import Input, Reason, View

Language = Annotated[str, Meta(pattern="^[a-z]{2}$", examples=["nl"])]
Answers = Annotated[dict[str, Any], Meta(max_length=200, description="By id of the question.")]


class FlowPublish(Input):
    """`validFrom`: from which day on, instead of what the document says."""

    reason: Reason | UnsetType = UNSET
    valid_from: date | UnsetType = UNSET


class FlowPreviewInput(Input):
    """Answers so far, and the day on which they are given; today when it is left out."""

    answers: Answers = {}
    day: date | UnsetType = UNSET
    language: Language = "nl"


class FlowReport(View):
    """What the check of a version found.

    Attributes:
        version: of the version that was checked, as in its ETag.
        ready: nothing was found: it can be submitted or published.
    """

    version: int
    ready: bool
    report: Report


class FlowPreview(View):
    """A version as citizens would see it with these answers, and what only colleagues see.

    Attributes:
        day: the day on which it was taken.
        notes: of the open question or the outcome.
        facts: named conditions that are decided here.
    """

    day: date
    step: StepView
    notes: NotesView | None = None
    facts: list[FactView] = []


class FlowGraph(View):
    """A version drawn, and the same as a list for who does not see."""

    version: FlowVersionSummary
    mermaid: str
    outline: Outline
