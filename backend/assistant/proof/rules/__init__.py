"""The proof of a flow: faults, coverage, named tests, and what a new version changes. Pure: no I/O."""

from backend.assistant.proof.rules.check import check
from backend.assistant.proof.rules.difference import (
    BlocksMoved,
    GivenAnswer,
    Moved,
    NowRefused,
    OutcomeDiff,
    Place,
    differences,
)
from backend.assistant.proof.rules.document import flow_schema
from backend.assistant.proof.rules.findings import (
    Coverage,
    Finding,
    FindingCode,
    Report,
    Surroundings,
    Tally,
    TestResult,
)
from backend.assistant.proof.rules.surroundings import flows_of, products_of

__all__ = [
    "BlocksMoved",
    "Coverage",
    "Finding",
    "FindingCode",
    "GivenAnswer",
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
    "flow_schema",
    "flows_of",
    "products_of",
]
