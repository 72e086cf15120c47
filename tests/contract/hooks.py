"""Hooks of schemathesis (named in schemathesis.toml): what a description cannot say about a good request."""

import re
from typing import Any
from uuid import uuid4

import schemathesis

KEY = "Idempotency-Key"
GOOD = re.compile(r"[!-~]{8,128}")


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:  # noqa: ARG001
    """A good key is used once: made-up keys repeat, and would mostly meet "used before with another body"."""
    key = (case.headers or {}).get(KEY)
    if isinstance(key, str) and GOOD.fullmatch(key):
        case.headers[KEY] = str(uuid4())
