"""Refusals of a login."""

from backend.kit.problems import ProblemError


def no_roles() -> ProblemError:
    """403: known by the identity provider, but without any right here."""
    return ProblemError(403, "U bent aangemeld, maar hebt nog geen rechten in Onthaal. Vraag ze aan uw beheerder.")


def login_closed() -> ProblemError:
    """403: the account was closed, or is no person's."""
    return ProblemError(403, "Dit account is afgesloten. Neem contact op met uw beheerder.")
