"""What went wrong, as one line for the person at the keyboard; a traceback is for faults of ours only."""

import socket
import sys
from collections.abc import Callable

UNAVAILABLE = 503


class Refused(Exception):
    """The command cannot do this; the text is the line to show.

    Attributes:
        code: exit code of the process.
    """

    def __init__(self, line: str, code: int = 2) -> None:
        super().__init__(line)
        self.code = code


def guarded(run: Callable[[], object]) -> None:
    """Run the command line; an expected failure becomes one line on standard error and an exit code."""
    try:
        run()
    except Exception as error:
        line = explain(error)
        if line is None:
            raise
        print(f"onthaal: {line}", file=sys.stderr)  # noqa: T201 this is the user's console
        sys.exit(getattr(error, "code", 2) if isinstance(error, Refused) else 2)


def explain(error: Exception) -> str | None:
    """The line for an expected failure; None for a fault of ours, which deserves its traceback."""
    from backend.kit.configuration import SettingsInvalid
    from backend.kit.crypto import KeyRingInvalid
    from backend.kit.embedded import StartError
    from backend.kit.migrate import RolesMissing
    from backend.kit.problems import ProblemError

    if isinstance(error, (Refused, StartError, SettingsInvalid)):
        return str(error)
    if isinstance(error, RolesMissing):
        return f"{error}; `onthaal migrate` prints the SQL for an administrator"
    if isinstance(error, KeyRingInvalid):
        return f"the key file cannot be used: {error}"
    if isinstance(error, ProblemError):
        places = "; ".join(f"{issue.name or issue.where}: {issue.detail}" for issue in error.issues)
        return ": ".join(part for part in (error.detail or "refused", places) if part)
    return _of_system(error) or _of_database(error)


def _of_database(error: Exception) -> str | None:
    from backend.kit.db import constraint_of
    from backend.kit.failures import problem_of
    from backend.kit.refusals import of_database

    found = constraint_of(error)
    if found is None:
        return (
            f"PostgreSQL cannot be reached: {error}"
            if problem_of(error, translate=of_database).status == UNAVAILABLE
            else None
        )
    state = found[0]
    reason = _first_line(error)
    if state.startswith("28") or state == "3D000":
        return f"PostgreSQL does not let us in: {reason}"
    if state in {"42501", "22023", "0LP01"}:
        return f"PostgreSQL: {reason} (does the login hold the role onthaal_app? see `onthaal doctor`)"
    if state == "42P01":
        return f"PostgreSQL: {reason} (run `onthaal migrate` first)"
    if state.startswith(("08", "53", "57")) or state in {"40001", "40P01", "55P03"}:
        return f"PostgreSQL cannot do this now: {reason}"
    return problem_of(error, translate=of_database).detail if state == "23505" else None


def _first_line(error: BaseException) -> str:
    """The driver's own words, without what SQLAlchemy wraps around them."""
    original = getattr(error, "orig", None) or error
    return str(getattr(original, "driver_exception", None) or original).splitlines()[0]


def _of_system(error: Exception) -> str | None:
    if isinstance(error, (TimeoutError, ConnectionError, socket.gaierror)):
        return f"no connection: {str(error) or 'timed out'}"
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}"
    return None
