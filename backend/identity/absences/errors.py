"""Refusals about absences."""

from backend.kit.problems import ProblemError, conflict


def absence_overlaps() -> ProblemError:
    """409: this person is absent on some of these days already."""
    return conflict("absenceOverlaps", "There is an absence on some of these days already; change that one.")


def absence_ended() -> ProblemError:
    """409: it was ended before."""
    return conflict("absenceEnded", "This absence has ended already.")
