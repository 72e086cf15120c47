"""Refusals about answer templates."""

from backend.kit.problems import ProblemError, conflict


def name_in_use() -> ProblemError:
    """409: one name means one text."""
    return conflict("templateExists", "This department has a template of this name in this language already.")
