"""Every route is in the reviewed policy table and completely described (design 2, API style)."""

import re
from collections import Counter
from typing import Any

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from backend.app import TAGS, Platform, create_litestar
from backend.identity.rules import OPERATIONS, POLICY, PUBLIC, ChannelRole, GlobalRole, Role
from backend.settings import Settings

Json = dict[str, Any]
Operation = tuple[str, str, Json]
"""Method, path, description."""

CREATES = {"201"}
VERB = re.compile(r"/questions/\{question_id\}/\w+$")
NO_IF_MATCH = {"registerCase", "replaceStatusSharing"}
"""The reporting application's own clock decides which report is newer; what a customer says now always holds."""
ADDS = {"createAttachment"}
"""A file beside others: it changes nothing that is there, so no version is asked for."""
SHORT = {"listServiceLevels", "listQuestionContributions"}
"""At most one per department."""
VERSION_INSIDE = {"askContributions"}
"""Repeated calls get the first answer again, which says the version itself."""
OPEN = {"/metrics", "/doc"}
"""What answers without the policy table: figures (own token) and the description."""
SAFE = {"OPTIONS", "HEAD"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The application as it is composed; nothing is connected."""
    data = str(tmp_path_factory.mktemp("routes"))
    return create_litestar(Platform(Settings(data=data, database_url="postgresql://x/y", redis_url="redis://x")))


@pytest.fixture(scope="module")
def operations(app: Litestar) -> dict[str, Operation]:
    """Every operation by its id."""
    document = app.openapi_schema.to_schema()
    found = [
        (one["operationId"], (method.upper(), path, one))
        for path, item in document["paths"].items()
        for method, one in item.items()
    ]
    twice = [name for name, times in Counter(name for name, _ in found).items() if times > 1]
    assert not twice, f"an operation id is given twice, rename the function: {twice}"
    return dict(found)


def _handlers(app: Litestar) -> list[tuple[str, str, Any]]:
    return [
        (method, route.path, handler)
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for method, (handler, _) in route.route_handler_map.items()
        if method not in SAFE
    ]


def test_only_figures_and_documentation_are_open(app: Litestar) -> None:
    found = {path for _, path, handler in _handlers(app) if handler.opt.get("open")}
    strange = sorted(path for path in found if not any(path == one or path.startswith(f"{one}/") for one in OPEN))
    assert not strange, f"these answer without the policy table: {strange}"


def test_every_other_route_has_an_operation_id_and_a_policy(app: Litestar) -> None:
    closed = [one for one in _handlers(app) if not one[2].opt.get("open")]
    nameless = [f"{method} {path}" for method, path, handler in closed if not handler.operation_id]
    assert not nameless, f"use the decorators of backend.kit.operation: {nameless}"
    unruled = [
        f"{method} {path} {one.operation_id}" for method, path, one in closed if not POLICY.covers(one.operation_id)
    ]
    assert not unruled, f"add a row to OPERATIONS in backend/identity/rules.py: {unruled}"


def test_every_row_of_the_policy_belongs_to_a_route(app: Litestar) -> None:
    known = {handler.operation_id for _, _, handler in _handlers(app)}
    dead = sorted({*OPERATIONS, *PUBLIC} - known)
    assert not dead, f"rows of OPERATIONS or PUBLIC without a route: {dead}"
    both = sorted({*OPERATIONS} & {*PUBLIC})
    assert not both, f"public, and yet in the table: {both}"


def test_the_policy_speaks_of_roles_that_exist() -> None:
    roles = {*Role.__args__, *GlobalRole.__args__, *ChannelRole.__args__}  # type: ignore[attr-defined] # Literal
    strange = sorted({role for row in OPERATIONS.values() for role in row} - roles)
    assert not strange, f"roles nobody can have: {strange}"
    empty = sorted(name for name, row in OPERATIONS.items() if not row)
    assert not empty, f"nobody may do these: {empty}"


def test_every_operation_says_what_it_does(operations: dict[str, Operation]) -> None:
    silent = [name for name, (_, _, one) in operations.items() if not one.get("description", "").strip()]
    assert not silent, f"one sentence in the docstring of the handler: {silent}"
    untagged = [name for name, (_, _, one) in operations.items() if len(one.get("tags", [])) != 1]
    assert not untagged, f"exactly one tag, on the controller: {untagged}"
    unknown = {one["tags"][0] for _, _, one in operations.values()} - set(TAGS)
    assert not unknown, f"say in TAGS of backend/app.py what this is: {unknown}"
    unsaid = [
        f"{name} {status}"
        for name, (_, _, one) in operations.items()
        for status, response in one["responses"].items()
        if not response.get("description")
    ]
    assert not unsaid, f"responses without a description: {unsaid}"


def test_every_refusal_is_described(operations: dict[str, Operation]) -> None:
    for name, (_, _, one) in operations.items():
        answers = {*one["responses"]}
        always = {"400", "413", "415", "503"} | (set() if name in PUBLIC else {"401", "403"})
        assert always <= answers, f"{name} does not describe {sorted(always - answers)}"
        by_id = any(item["in"] == "path" and item["schema"].get("format") == "uuid" for item in _parameters(one))
        assert not by_id or "404" in answers, f"{name}: a path with an id answers 404 too; add problems=[404]"
        assert (one.get("security") == [{}]) == (name in PUBLIC), f"{name}: public=True exactly for rows of PUBLIC"
        for status, response in one["responses"].items():
            if int(status) >= 400 and not (name == "getReadiness" and status == "503"):
                assert list(response["content"]) == ["application/problem+json"], f"{name} {status} is not a problem"


def _parameters(one: Json) -> list[Json]:
    found: list[Json] = one.get("parameters", [])
    return found


def _headers(one: Json) -> dict[str, bool]:
    return {item["name"]: item["required"] for item in _parameters(one) if item["in"] == "header"}


def test_creating_takes_an_idempotency_key(operations: dict[str, Operation]) -> None:
    creating = [name for name, (_, _, one) in operations.items() if CREATES & set(one["responses"])]
    assert creating
    for name in creating:
        one = operations[name][2]
        assert _headers(one).get("Idempotency-Key"), f"{name} creates: take the dependency `once`"
        assert "422" in one["responses"], f"{name} takes an Idempotency-Key: describe problems=[422] (key used before)"


def test_changing_takes_if_match(operations: dict[str, Operation]) -> None:
    changing = [
        name
        for name, (method, path, _) in operations.items()
        if method in {"PATCH", "PUT", "DELETE"} or (method == "POST" and VERB.search(path) and name not in ADDS)
    ]
    for name in sorted(set(changing) - NO_IF_MATCH):
        one = operations[name][2]
        assert _headers(one).get("If-Match"), f"{name} changes: take the dependency `expected`"
        assert {"412", "428"} <= set(one["responses"]), f"{name} takes If-Match: describe 412 and 428"
        if set(one["responses"]) & {"200", "204"} == {"204"} or name in VERSION_INSIDE:
            continue  # it is gone, or the answer says it
        answer = one["responses"].get("200", {})
        assert "ETag" in answer.get("headers", {}), f"{name}: the answer gives the new ETag (response_headers=[ETAG])"


def test_nothing_sensitive_travels_in_a_url(operations: dict[str, Operation]) -> None:
    """Design 2: searching persons is a POST; URLs end up in logs of balancers and in histories of browsers."""
    personal = re.compile(r"ssin|national|birth|e-?mail|phone|name$|address|family|given", re.IGNORECASE)
    found = [
        f"{name}: {item['name']}"
        for name, (_, _, one) in operations.items()
        for item in _parameters(one)
        if item["in"] in {"query", "path"} and personal.search(item["name"])
    ]
    assert not found, f"put it in the body of a POST .../query: {found}"


def test_every_list_is_a_page(operations: dict[str, Operation]) -> None:
    lists = {name: one for name, (_, _, one) in operations.items() if name.startswith(("list", "search"))}
    paged = {name for name, one in lists.items() if {"limit", "cursor"} <= {item["name"] for item in _parameters(one)}}
    unbounded = sorted(set(lists) - paged - SHORT)
    assert not unbounded, f"take the dependency `page`: {unbounded}"
