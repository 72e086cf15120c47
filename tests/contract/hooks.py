"""Hooks of schemathesis (named in schemathesis.toml): a good request as people make it, beyond what a description says.

Without them nearly every request that is meant to be good is refused for its key, its version or a control character,
and what lies behind is never reached. Requests that are meant to be bad go out as they were made.
"""

import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import schemathesis

Body = dict[str, Any]
Case = schemathesis.Case[Any]

KEY, VERSION = "Idempotency-Key", "If-Match"
GOOD_KEY = re.compile(r"[!-~]{8,128}")
GOOD_VERSION = re.compile(r'(W/)?"[0-9]{1,9}"')
REFUSED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters, bidirectional controls and half characters, which the boundary refuses."""
VERB = re.compile(
    r"^(/questions/\{question_id\})/\w+$|^(/users/\{user_id\})/memberships$|^(/products/\{product_id\})/revert$"
)
KINDS = {
    "consultedProductId": "product",
    "customerId": "customer",
    "departmentId": "department",
    "onBehalfOfId": "customer",
    "parentId": "department",
    "productId": "product",
    "questionId": "question",
    "userId": "member",
}
"""Field -> kind of thing it points to."""
FILES = "/attachments"
MOMENT = "2026-03-02T09:00:00Z"
GIVEN: list[Body] = [
    {"wie": "person"},
    {"wie": "person", "postcode": "1000"},
    {"wie": "association", "postcode": "9999", "gasten": 80, "tent": "ja", "muziek": "nee"},
]
"""Answers to the guided questions of the city."""

_core = httpx.Client(
    base_url=os.environ["CONTRACT_URL"],
    headers={"Authorization": f"Bearer {os.environ['CONTRACT_TOKEN']}"},
    timeout=20,
)


@schemathesis.hook
def before_load_schema(context: schemathesis.HookContext, raw_schema: Body) -> None:  # noqa: ARG001
    """Say pairs without `prefixItems`: schemathesis 4.32 makes an invalid schema of it in response definitions."""
    _say_pairs(raw_schema)


@schemathesis.hook
def filter_body(context: schemathesis.HookContext, body: Any) -> bool:
    """A part of a multipart body is text when it is sent: that it was made as a number cannot be seen."""
    if not (context.operation and context.operation.path.endswith(FILES) and isinstance(body, dict)):
        return True
    return all(isinstance(part, str | bytes) for part in body.values())


def _say_pairs(node: Any) -> None:
    if isinstance(node, dict):
        if pairs := node.pop("prefixItems", None):
            node["items"] = pairs[0]
            node["minItems"] = node["maxItems"] = len(pairs)
        for value in node.values():
            _say_pairs(value)
    elif isinstance(node, list):
        for value in node:
            _say_pairs(value)


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: Case, kwargs: Body) -> None:  # noqa: ARG001
    """Adapt a request that is meant to be accepted."""
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    headers = case.headers
    if GOOD_KEY.fullmatch(str(headers.get(KEY, ""))):
        headers[KEY] = str(uuid4())  # made-up keys repeat: "used before with another body"
    if GOOD_VERSION.fullmatch(str(headers.get(VERSION, ""))):
        headers[VERSION] = _version(case) or headers[VERSION]
    case.query.pop("cursor", None)  # only what we gave is one
    if isinstance(case.body, dict):
        case.body = _sensible(case.operation.path, _existing(_clean(case.body)))


@cache
def _ids(kind: str) -> list[str]:
    """Ids that exist, from the files beside the configuration."""
    return [json.loads(line) for line in Path(f"{kind}.txt").read_text().splitlines()]


def _version(case: Case) -> str | None:
    """The version that the resource has now; None when there is no such resource."""
    template = case.operation.path
    if match := VERB.match(template):
        template = next(filter(None, match.groups()))
    path = template.format(**case.path_parameters)
    return _core.get(path).headers.get("etag") if path.isascii() and path.isprintable() else None


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return REFUSED.sub("x", value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {_clean(name): _clean(item) for name, item in value.items()}
    return value


def _existing(value: Any, name: str = "") -> Any:
    """Ids that exist in the place of most that do not, by the name of the field."""
    if isinstance(value, dict):
        return {field: _existing(item, field) for field, item in value.items()}
    if isinstance(value, list):
        return [_existing(item, name.removesuffix("s")) for item in value]
    kind = KINDS.get(name)
    if kind is None or not isinstance(value, str) or value in _ids(kind) or value.endswith("0"):
        return value
    return _ids(kind)[sum(map(ord, value)) % len(_ids(kind))]


def _sensible(path: str, body: Body) -> Body:
    """What hangs together hangs together: one key, names of a person or of an organisation, an end after the start."""
    if path == "/customers/query" and body:
        name = sorted(body)[len(str(body)) % len(body)]
        return {name: body[name]}
    if path == "/customers":
        return _customer(body)
    if path == "/contacts":
        return _contact(body)
    if path.startswith("/flows/") and len(str(body)) % 4:  # now and then whatever was made up
        return body | {"answers": GIVEN[len(str(body)) % len(GIVEN)]}
    if path == "/service-levels/{department_id}" and len(str(body)) % 3:  # now and then a week without any hours
        return body | {"weekly": [[["09:00", "12:00"]], *body["weekly"][1:]]}
    return body | ({"changedAt": MOMENT} if "changedAt" in body else {})


def _contact(body: Body) -> Body:
    body |= {name: MOMENT for name in ("startedAt", "endedAt") if name in body}
    if not body.get("questions") and not body.get("followUps"):
        body["questions"] = [{"subject": "Reispas"}]
    if "customerId" in body:
        body.pop("customer", None)
    elif isinstance(body.get("customer"), dict):
        body["customer"] = _customer(body["customer"])
    return body


def _customer(body: Body) -> Body:
    """Without official numbers (they have check digits); with the names of its kind."""
    person = body.get("kind") == "person"
    wrong = {"identifiers", "contactPoints", *(("organisationName",) if person else ("names", "birthDate"))}
    kept = {name: value for name, value in body.items() if name not in wrong}
    return kept | ({"names": {"given": "Lien", "family": "De Smet"}} if person else {"organisationName": "De Zwaluw"})
