"""Settings of a process, read once: what is given, then the environment, then what is known, then the defaults."""

import os
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar

import msgspec

T = TypeVar("T", bound=msgspec.Struct)


class SettingsInvalid(Exception):
    """The configuration cannot work; the message says which setting and why."""


def read(
    kind: type[T],
    variable: Callable[[str], str],
    *,
    given: Mapping[str, object],
    known: Mapping[str, object] | None = None,
    lists: Collection[str] = (),
    about: str = "configuration",
) -> T:
    """The settings.

    Args:
        kind: what they are, with the defaults.
        variable: the environment variable of a field.
        given: comes before the environment; None is not given.
        known: comes after it.
        lists: fields of which the variable holds several values, separated by commas.
        about: how an error begins.

    Raises:
        SettingsInvalid: a value is not of its kind.
    """
    raw = dict(known or {})
    for field in kind.__struct_fields__:
        if value := os.environ.get(variable(field), ""):
            raw[field] = value.split(",") if field in lists else value
    raw |= {name: value for name, value in given.items() if value is not None}
    try:
        return msgspec.convert(raw, kind, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsInvalid(f"{about}: {error}") from error
