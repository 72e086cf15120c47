"""Refusals about appointments."""

from backend.kit.problems import ProblemError, conflict


def appointment_planned() -> ProblemError:
    """409: one at a time."""
    return conflict("appointmentPlanned", "An appointment is planned already; change or cancel that one.")


def appointment_over() -> ProblemError:
    """409: it took place, was missed or cancelled."""
    return conflict("appointmentOver", "This appointment is over.")


def appointment_ahead() -> ProblemError:
    """409: nobody knows yet what comes of it."""
    return conflict("appointmentAhead", "This appointment has not begun; cancel it when it does not take place.")
