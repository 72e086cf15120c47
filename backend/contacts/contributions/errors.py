"""Refusals about contributions."""

from backend.kit.problems import ProblemError, conflict


def own_department() -> ProblemError:
    """409: the owner gives its own part in the answer."""
    return conflict("sameDepartment", "The question is with this department itself; ask another one.")


def contribution_exists() -> ProblemError:
    """409: one open part of each department at a time."""
    return conflict("contributionExists", "This department was asked already, and did not answer yet.")


def contribution_ended() -> ProblemError:
    """409: given or dropped before."""
    return conflict("contributionEnded", "This contribution was given or dropped already.")
