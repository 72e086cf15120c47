"""When something that did not happen is told to colleagues. Pure."""

from datetime import timedelta

CALL_LATE = timedelta(hours=1)
"""So long after its moment a call-back or appointment counts as forgotten."""

STILL = timedelta(days=7)
"""An assigned question with which nothing happened for so long stands still."""
