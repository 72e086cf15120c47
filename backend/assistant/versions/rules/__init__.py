"""Versions of flows: what is stored, where conditions stand, what changed, from what is sent to a flow. Pure."""

from backend.assistant.versions.rules.documents import (
    OPEN,
    EventKind,
    changed_parts,
    code_of,
    first_draft,
    read_stored,
    slots,
    stored,
)
from backend.assistant.versions.rules.shaping import FlowCondition, Misshapen, conditions, shaped

__all__ = [
    "OPEN",
    "EventKind",
    "FlowCondition",
    "Misshapen",
    "changed_parts",
    "code_of",
    "conditions",
    "first_draft",
    "read_stored",
    "shaped",
    "slots",
    "stored",
]
