"""A flow on one screen, what can still come, what is known already. Pure: no I/O."""

from backend.assistant.guidance.rules.prefill import PREFILLS, Customer, address_of, looked_at, prefilled
from backend.assistant.guidance.rules.reach import Reach, passed_over, reach, readable
from backend.assistant.guidance.rules.screen import Told, screen
from backend.assistant.guidance.rules.views import (
    GuidedOutcome,
    GuidedQuestion,
    GuidedView,
    OutcomeLeft,
    OutcomesLeft,
)

__all__ = [
    "PREFILLS",
    "Customer",
    "GuidedOutcome",
    "GuidedQuestion",
    "GuidedView",
    "OutcomeLeft",
    "OutcomesLeft",
    "Reach",
    "Told",
    "address_of",
    "looked_at",
    "passed_over",
    "prefilled",
    "reach",
    "readable",
    "screen",
]
