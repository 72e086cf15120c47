"""Refusals of this module; none says whose facts they met."""

from backend.kit.problems import ProblemError, conflict


def customer_exists() -> ProblemError:
    """409: another customer holds one of these identifiers; the answer does not say which, nor who."""
    return conflict(
        "customerExists", "A customer with one of these identifiers exists already; query before you create."
    )


def identifier_differs() -> ProblemError:
    """409: the customer holds another identifier of this type."""
    return conflict("identifierDiffers", "The customer has another identifier of this type already.")


def customer_merged() -> ProblemError:
    """409: the profile lives on in another one."""
    return conflict("customerMerged", "This profile was merged into another one; change that one.")
