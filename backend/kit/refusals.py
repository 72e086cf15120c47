"""What PostgreSQL refused, or that it is away, as a problem: what `backend.kit.failures` is told of the database."""

import re
from collections.abc import Sequence

import asyncpg
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from backend.kit.db import constraint_of, taken_columns
from backend.kit.problems import ProblemError, conflict, unavailable, unknown_reference

_AWAY = (
    PoolTimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the server said goodbye on this connection, which is not closed yet
)
_AWAY_STATES = ("08", "53", "57")
_BUSY_STATES = frozenset({"40001", "40P01", "55P03"})


def of_database(error: BaseException) -> ProblemError | None:
    """The problem that describes what the database said; None when this is no error of it."""
    if (found := constraint_of(error)) is not None:
        return _of_constraint(*found, [_camel(column) for column in taken_columns(error)])
    return unavailable() if isinstance(error, _AWAY) else None


def _of_constraint(state: str, constraint: str, taken: Sequence[str]) -> ProblemError:
    """The fields or the name of the constraint say what, the values stay inside."""
    if state == "23505":
        return conflict("alreadyExists", f"There is already one with the same {' and '.join(taken) or constraint}.")
    if state == "23503":
        return unknown_reference(
            "", f"Points to something that does not exist, or that is still in use ({constraint})."
        )
    if state in {"23514", "23502"}:
        return conflict("ruleViolated", f"Against a rule of the data ({constraint}).")
    if state in _BUSY_STATES or state.startswith(_AWAY_STATES):
        return unavailable()
    return ProblemError(500)


def _camel(column: str) -> str:
    """A column as its field is called in the API."""
    return re.sub(r"_([a-z0-9])", lambda letter: letter[1].upper(), column)
