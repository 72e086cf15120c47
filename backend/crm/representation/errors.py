"""Refusals about representation."""

from backend.kit.problems import ProblemError, conflict


def representation_exists() -> ProblemError:
    """409: this customer acts for that one in this role already."""
    return conflict("representationExists", "This is recorded already; end that one first when something changed.")


def representation_ended() -> ProblemError:
    """409: it was ended before."""
    return conflict("representationEnded", "This representation has ended already.")
