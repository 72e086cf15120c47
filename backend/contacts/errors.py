"""Failures of this module as problems."""

from backend.contacts.rules import VerbRefused
from backend.kit.problems import ProblemError, conflict


def verb_refused(error: VerbRefused) -> ProblemError:
    """409: not in this state."""
    return conflict("notInThisState", f"Not possible: {error}.")


def contributions_open(how_many: int) -> ProblemError:
    """409: other departments still owe a part of the answer."""
    return conflict(
        "contributionsOpen", f"{how_many} contribution(s) were not given yet; wait, or answer without them and say why."
    )
