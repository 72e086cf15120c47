"""Every setting with its value (secrets masked) and where it comes from."""

import os
import re
from typing import Literal

import msgspec

from backend.settings import Settings, variable

_PASSWORD = re.compile(r"(://[^:/@\s]*):[^@\s]*@")
_SECRET_PARAMETER = re.compile(r"([?&](?:password|sslpassword)=)[^&]*", re.IGNORECASE)
SECRETS = frozenset({"metrics_token", "meilisearch_key", "meilisearch_admin_key"})
MASK = "***"


class Configured(msgspec.Struct, frozen=True, kw_only=True):
    """One setting.

    Attributes:
        value: as text, secrets masked; empty when there is none.
        origin: where it comes from; `up` = what a running `onthaal up` published.
    """

    name: str
    variable: str
    value: str
    origin: Literal["environment", "up", "default"]


def origins(settings: Settings) -> list[Configured]:
    """All settings, in the order of their definition."""
    return [_one(settings, name) for name in Settings.__struct_fields__]


def _one(settings: Settings, name: str) -> Configured:
    value = getattr(settings, name)
    text = ", ".join(value) if isinstance(value, tuple) else str(value)
    if os.environ.get(variable(name)):
        origin: Literal["environment", "up", "default"] = "environment"
    else:
        origin = "default" if name == "data" or value == getattr(Settings(), name) else "up"
    shown = MASK if text and name in SECRETS else masked(text)
    return Configured(name=name, variable=variable(name), value=shown, origin=origin)


def masked(text: str) -> str:
    """The text without passwords of URLs."""
    return _SECRET_PARAMETER.sub(rf"\1{MASK}", _PASSWORD.sub(rf"\1:{MASK}@", text))
