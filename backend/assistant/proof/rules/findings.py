"""What a proof tells: faults, remarks, named tests, and how much of a flow was reached."""

from typing import Any, Literal

from backend.kit.schema import View

FindingCode = Literal[
    "schema",
    "duplicateId",
    "unknownTarget",
    "unreachable",
    "deadEnd",
    "ruleAfterDefault",
    "cycle",
    "syntax",
    "type",
    "unknownName",
    "unknownValue",
    "usedTooEarly",
    "textInRule",
    "limits",
    "period",
    "noLink",
    "ruleNeverUsed",
    "optionNeverUsed",
    "blockNeverUsed",
    "outcomeNeverReached",
    "questionNeverAsked",
    "validationRefusesAll",
    "testFails",
    "unknownProduct",
    "productNotPublished",
    "unknownFlow",
    "flowLoop",
    "unknownTeam",
]


class FlowFinding(View):
    """One fault; a flow with any is not published.

    Attributes:
        message: Dutch, for the city employee who writes the flow.
        question: and `outcome`, `block`, `fact`, `test`: where it is, by id (a test by its name).
        rule: which rule, check or option of the question, counted from 1.
        path: JSON pointer into the document.
    """

    code: FindingCode
    message: str
    path: str = ""
    question: str | None = None
    outcome: str | None = None
    block: str | None = None
    fact: str | None = None
    test: str | None = None
    rule: int | None = None


class TestResult(View):
    """One named test.

    Attributes:
        expected: the outcome, or the question that must be open.
        reached: what it led to; absent when the flow does not go on there.
        expected_blocks: and `blocks`: which blocks must be shown, and which are; when the test names any.
    """

    __test__ = False  # no test of pytest

    name: str
    passed: bool
    expected: str
    reached: str | None = None
    expected_blocks: list[str] | None = None
    blocks: list[str] | None = None


class Tally(View):
    """How many there are, and how many were reached."""

    total: int
    reached: int


class Coverage(View):
    """What the walks reached.

    Attributes:
        options: every answer of questions with options (and not knowing), and one of each other question.
        rules: of `next`, the default too, and ways of an option.
        blocks: shown at least once.
        blocks_hidden: those with a condition that were also left out at least once.
        limits: answers just below, at and above a limit that were given; `refused`: those that the question refused.
        missed: what was not reached, as `rule vraag 2`.
        walks: random walks; `states`: situations of the state-merging walk.
        complete: whether every situation was looked at; else what was not found may still exist.
        full: everything was reached.
    """

    questions: Tally
    options: Tally
    rules: Tally
    outcomes: Tally
    blocks: Tally
    blocks_hidden: Tally
    limits: int
    refused: int
    missed: list[str]
    walks: int
    states: int
    complete: bool
    full: bool


class Report(View):
    """The proof of one version.

    Attributes:
        remarks: what is no fault.
        coverage: absent when the document cannot be taken at all.
    """

    findings: list[FlowFinding]
    remarks: list[str]
    tests: list[TestResult]
    coverage: Coverage | None = None

    @property
    def proved(self) -> bool:
        """No fault, every test passed, everything reached."""
        return (
            not self.findings and all(test.passed for test in self.tests) and bool(self.coverage and self.coverage.full)
        )


class Surroundings(View):
    """What is outside a flow.

    Attributes:
        products: whether each product that the flow names is published; one that is missing is unknown.
        flows: published flows, and to which flows each links.
        departments: codes of those that work.
    """

    products: dict[str, bool]
    flows: dict[str, frozenset[str]]
    departments: frozenset[str]


def pointer(*parts: Any) -> str:
    """A JSON pointer (RFC 6901)."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in parts)
