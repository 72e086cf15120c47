"""Refusals about suggestions."""

from backend.kit.problems import ProblemError, conflict


def already_merged() -> ProblemError:
    """409: the two are one file; only taking the merge back changes that."""
    return conflict("suggestionMerged", "These two were merged; undo the merge to take it back.")


def no_longer_proposed() -> ProblemError:
    """409: there is nothing to decide any more."""
    return conflict("suggestionObsolete", "This suggestion no longer holds; read the suggestions again.")


def already_open() -> ProblemError:
    """409: reconsidering what nobody decided."""
    return conflict("suggestionOpen", "Nothing was decided about this suggestion yet.")


def run_busy() -> ProblemError:
    """409: one walk at a time."""
    return conflict("matchRunRunning", "A run is under way; wait until it is done.")
