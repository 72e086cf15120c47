"""What colleagues are told about. Pure."""

from datetime import timedelta
from typing import Literal, get_args

NoticeKind = Literal[
    "reminder",
    "overdue",
    "escalated",
    "mentioned",
    "contributionAsked",
    "contributionGiven",
    "contributionDue",
    "contributionDeclined",
    "contributionDropped",
    "assigned",
    "reopened",
    "undelivered",
    "callBack",
    "noReply",
    "stalled",
    "urgent",
]

KINDS: tuple[NoticeKind, ...] = get_args(NoticeKind)

AGAIN = ("reminder", "overdue", "escalated", "contributionDue", "callBack", "noReply", "stalled")
"""Kinds that say that nothing happened yet: at most one a day for each person and question."""

KEEP_READ, KEEP = timedelta(days=90), timedelta(days=365)
"""How long a notice stays: once read, and at all."""
