"""Failures of this module as problems."""

from backend.contacts.rules import VerbRefused
from backend.kit.problems import ProblemError, conflict


def verb_refused(error: VerbRefused) -> ProblemError:
    """409: not in this state."""
    return conflict("notInThisState", f"Not possible: {error}.")
