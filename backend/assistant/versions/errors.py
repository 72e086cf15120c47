"""Refusals about versions of flows."""

from collections.abc import Sequence
from uuid import UUID

from backend.kit.problems import ONTHAAL, Issue, ProblemError, conflict


def draft_exists(version_id: UUID) -> ProblemError:
    """409: two people would write the same version."""
    return conflict("draftExists", f"This flow has a version that is not published yet: {version_id}; go on with that.")


def flow_exists() -> ProblemError:
    """409: a new flow would become a version of another one."""
    return conflict("flowExists", "There is a flow of this name; copy a version of it, or choose another name.")


def not_a_draft(status: str) -> ProblemError:
    """409: only a draft changes."""
    return conflict("notADraft", f"This version is {status}; return it, or copy it to a new draft, to change it.")


def wrong_status(status: str, wanted: str) -> ProblemError:
    """409: the version is somewhere else in its life."""
    return conflict("wrongStatus", f"This version is {status}; it has to be {wanted} for that.")


def second_reviewer_needed() -> ProblemError:
    """409: who wrote or submitted a version does not publish it."""
    return conflict("secondReviewerNeeded", "You wrote or submitted this version: somebody else has to publish it.")


def nothing_published() -> ProblemError:
    """409: there is no version to compare with."""
    return conflict("nothingPublished", "No version of this flow is published; say `against` which one to compare.")


def flow_unusable(place: str, detail: str) -> ProblemError:
    """409: a condition of a draft cannot be used yet."""
    issue = Issue(type=f"{ONTHAAL}flow:condition", where="body", name=place, detail=detail)
    return ProblemError(
        409, "A condition of this version cannot be used yet; check it first.", kind="flowUnusable", issues=[issue]
    )


def has_findings(findings: Sequence[tuple[str, str, str]]) -> ProblemError:
    """409 with everything that is wrong: code, JSON pointer and message of each finding."""
    issues = [
        Issue(type=f"{ONTHAAL}flow:{code}", where="body", name=place or None, detail=message)
        for code, place, message in findings
    ]
    return ProblemError(
        409, f"The check found {len(issues)} faults in this version.", kind="hasFindings", issues=issues
    )
