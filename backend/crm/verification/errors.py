"""Refusals about verification; none says whose address it is."""

from datetime import timedelta
from math import ceil

from backend.crm.verification.rules import State
from backend.kit.problems import ProblemError, conflict


def not_an_email_address() -> ProblemError:
    """409: a code can only be mailed."""
    return conflict("notAnEmailAddress", "Only an e-mail address is verified with a code.")


def already_verified() -> ProblemError:
    """409: nothing left to prove."""
    return conflict("alreadyVerified", "This address is verified already.")


def too_many_codes(wait: timedelta) -> ProblemError:
    """429 with Retry-After: enough codes went to this address."""
    seconds = max(1, ceil(wait.total_seconds()))
    return ProblemError(
        429, "Enough codes were sent to this address; try again later.", headers={"Retry-After": str(seconds)}
    )


def no_code() -> ProblemError:
    """409: nothing was sent to this address for this customer, or it was replaced by nothing."""
    return conflict("verificationNotAsked", "No code was sent to this address; send one first.")


def wrong_code(left: int) -> ProblemError:
    """409: not the code."""
    tries = "1 try is left" if left == 1 else f"{left} tries are left"
    return conflict("wrongCode", f"That is not the code; {tries}.")


def used_up() -> ProblemError:
    """409: too many wrong codes."""
    return conflict("verificationUsedUp", "Too many wrong codes; send a new one.")


def expired() -> ProblemError:
    """409: the ten minutes are over."""
    return conflict("verificationExpired", "The code is too old; send a new one.")


def undeliverable() -> ProblemError:
    """409: the mail server of the address refused the mail."""
    return conflict("verificationUndeliverable", "The mail with the code could not be delivered; check the address.")


OF_STATE = {
    "confirmed": already_verified,
    "usedUp": used_up,
    "expired": expired,
    "replaced": expired,
    "undeliverable": undeliverable,
}
"""State in which a code is of no use -> why."""


def of_no_use(state: State) -> ProblemError | None:
    """The refusal of a code in this state; None when it can be tried."""
    return OF_STATE[state]() if state in OF_STATE else None
