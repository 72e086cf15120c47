"""Refusals of merging and undoing."""

from backend.crm.links.rules import Refusal
from backend.kit.problems import ProblemError, conflict

_SAID: dict[Refusal, str] = {
    "kindsDiffer": "A person and an organisation, or an association and an enterprise, are never one customer.",
    "representsTheOther": "One acts for the other, so they are two; end the representation first if that was wrong.",
    "identifiersDiffer": "They hold different official numbers, so they are not the same.",
}


def cannot_be_one(refusal: Refusal) -> ProblemError:
    """409: the two are certainly not the same."""
    return conflict(refusal, _SAID[refusal])


def merge_undone() -> ProblemError:
    """409: somebody was first."""
    return conflict("mergeUndone", "This merge was taken back already.")


def file_changed() -> ProblemError:
    """409: another merge or undo of this file came in between."""
    return conflict("fileChanged", "The file was merged or split meanwhile; look again.")
