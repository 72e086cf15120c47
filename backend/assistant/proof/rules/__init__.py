"""The proof of a flow: faults, coverage, named tests, and what a new version changes. Pure: no I/O."""

from backend.assistant.proof.rules.check import check
from backend.assistant.proof.rules.difference import (
    BlocksMoved,
    ExampleAnswer,
    Moved,
    NowRefused,
    OutcomeDiff,
    Place,
    differences,
)
from backend.assistant.proof.rules.document import faults_of_form, flow_schema, parse
from backend.assistant.proof.rules.findings import (
    Coverage,
    FindingCode,
    FlowFinding,
    Report,
    Surroundings,
    Tally,
    TestResult,
)
from backend.assistant.proof.rules.surroundings import flows_of, products_of

__all__ = [
    "BlocksMoved",
    "Coverage",
    "ExampleAnswer",
    "FindingCode",
    "FlowFinding",
    "Moved",
    "NowRefused",
    "OutcomeDiff",
    "Place",
    "Report",
    "Surroundings",
    "Tally",
    "TestResult",
    "check",
    "differences",
    "faults_of_form",
    "flow_schema",
    "flows_of",
    "parse",
    "products_of",
]
