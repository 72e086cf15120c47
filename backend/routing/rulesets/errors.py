"""Refusals about sets of rules."""

from backend.kit.problems import ProblemError, conflict


def not_a_draft(state: str) -> ProblemError:
    """409: what was ever active stays as it is."""
    return conflict("notADraft", f"This set is {state}; copy it to a new draft to change it.")


def overtaken() -> ProblemError:
    """409: another set was activated since the draft was made; activating it would undo that unseen."""
    return conflict(
        "ruleSetOvertaken",
        "Another set was activated since this draft was made; copy the draft, look at the dry run and activate that.",
    )
