"""Failures of this module as problems."""

from backend.contacts.rules import VerbRefused
from backend.kit.problems import ProblemError, conflict


def verb_refused(error: VerbRefused) -> ProblemError:
    """409: not in this state."""
    return conflict("notInThisState", f"Not possible: {error}.")


def assignee_absent() -> ProblemError:
    """409: not there, and nobody stands in."""
    return conflict("assigneeAbsent", "This colleague is absent and has no replacement here; assign somebody else.")


def contributions_open(how_many: int) -> ProblemError:
    """409: other departments still owe a part of the answer."""
    return conflict(
        "contributionsOpen", f"{how_many} contribution(s) were not given yet; wait, or answer without them and say why."
    )
