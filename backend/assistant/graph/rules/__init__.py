"""A flow drawn: `mermaid` for who sees, `outline` for screen readers and keyboards. Pure: no I/O."""

from backend.assistant.graph.rules.drawing import mermaid
from backend.assistant.graph.rules.listing import outline
from backend.assistant.graph.rules.shape import (
    BLOCK_KINDS,
    OUTCOME_KINDS,
    QUESTION_TYPES,
    Outline,
    OutlineAnswer,
    OutlineBlock,
    OutlineFact,
    OutlineLink,
    OutlineOutcome,
    OutlineQuestion,
    OutlineRule,
    OutlineTarget,
)

__all__ = [
    "BLOCK_KINDS",
    "OUTCOME_KINDS",
    "QUESTION_TYPES",
    "Outline",
    "OutlineAnswer",
    "OutlineBlock",
    "OutlineFact",
    "OutlineLink",
    "OutlineOutcome",
    "OutlineQuestion",
    "OutlineRule",
    "OutlineTarget",
    "mermaid",
    "outline",
]
