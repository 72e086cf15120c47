"""Refusals about look-ups in registers; none quotes what a register said."""

from math import ceil

from backend.crm.registers.rules import RegisterFailed
from backend.kit.problems import ProblemError, conflict

SOON = 5.0


def no_identifier() -> ProblemError:
    """409: there is no number under which a register could know this customer."""
    return conflict("noIdentifier", "This customer has no number that a register knows; add one first.")


def not_configured() -> ProblemError:
    """409: the register that knows this kind of customer is not coupled."""
    return conflict("registerNotConfigured", "The register that knows this customer is not coupled here.")


def lookup_closed() -> ProblemError:
    """409: everything in this look-up was decided, or a later one came."""
    return conflict("lookupClosed", "There is nothing left to decide in this look-up; look the customer up again.")


def problem_of(failed: RegisterFailed) -> ProblemError:
    """What a look-up without a record means for who asked: 404, 502 or 503."""
    if failed.outcome == "unknown":
        return ProblemError(404, "The register does not know this number.", kind="registerUnknown")
    if failed.outcome == "away":
        wait = str(max(ceil(failed.retry_after or SOON), 1))
        detail = "The register does not answer now; everything else goes on. Try again later."
        return ProblemError(503, detail, kind="registerAway", headers={"Retry-After": wait})
    detail = f"The register refuses the question (code {failed.code})."
    if failed.outcome == "unreadable":
        detail = "The answer of the register cannot be read."
    kind = "registerUnreadable" if failed.outcome == "unreadable" else "registerRefused"
    return ProblemError(502, detail, kind=kind)
