"""The edge of the API (design 5 Input, design 4 note 18): no input yields a 5xx, every answer is safe."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from backend.kit.boundary import MAX_BODY, MAX_DEPTH
from tests.conftest import Client
from tests.people import People

pytestmark = pytest.mark.anyio

JSON = {"Content-Type": "application/json"}
ID = "01a20a74-3832-7324-be9b-f87934f57f1f"
SAFETY = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}
TRACE = "BelGov-Trace-Id"


@pytest.fixture
def administrator(anonymous: Client, people: People) -> Client:
    return anonymous.as_user(people.tokens["administrator"])


def _key(number: object) -> dict[str, str]:
    return {**JSON, "Idempotency-Key": f"boundary-{abs(hash(number))}"}


def _department(name: str) -> bytes:
    return b'{"code": "nieuw", "name": "' + name.encode("utf-8", "surrogatepass") + b'"}'


def assert_problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = response.json()
    assert problem["status"] == status
    assert re.match(r"urn:problem-type:(belgif|onthaal):\w+", problem["type"])
    assert problem["title"]
    assert problem["instance"].startswith("urn:uuid:")
    return problem


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "", "application/jsonx"]
)
async def test_json_under_another_name_is_refused(administrator: Client, content_type: str) -> None:
    headers = {**_key(content_type), "Content-Type": content_type}
    assert_problem(await administrator.post("/departments", content=_department("Nieuw"), headers=headers), 415)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
async def test_json_is_accepted_by_its_names(administrator: Client, content_type: str) -> None:
    headers = {**_key(content_type), "Content-Type": content_type}
    response = await administrator.post("/departments", content=_department("Nieuw"), headers=headers)
    assert response.status_code == 201, response.text


async def test_a_large_body_is_refused_by_its_announcement_and_by_its_size(administrator: Client) -> None:
    body = b'{"code": "nieuw", "name": "' + b"x" * MAX_BODY + b'"}'
    assert_problem(await administrator.post("/departments", content=body, headers=_key(1)), 413)

    async def parts() -> AsyncIterator[bytes]:
        for start in range(0, len(body), 10_000):
            yield body[start : start + 10_000]

    assert_problem(await administrator.post("/departments", content=parts(), headers=_key(2)), 413)
    assert_problem(
        await administrator.post("/departments", content=b"{}", headers={**_key(3), "Content-Length": "x"}), 413
    )
    whole = b'{"code": "nieuw", "name": "Nieuw"' + b" " * (MAX_BODY - 34) + b"}"
    assert (await administrator.post("/departments", content=whole, headers=_key(4))).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"code": "nieuw", "name": "\xff\xfe"}', id="no UTF-8"),
        pytest.param(b'{"code": "nieuw", "name": "\xc0\x80"}', id="overlong UTF-8"),
        pytest.param(_department("\ud800"), id="half a character"),
        pytest.param(_department("Nieuw").decode().encode("utf-16"), id="UTF-16"),
        pytest.param(_department(r"\u0000"), id="escaped NUL"),
        pytest.param(_department("a\x00b"), id="NUL"),
        pytest.param(_department(r"\ud800"), id="escaped half character"),
        pytest.param(_department(r"a\u0007b"), id="escaped bell"),
        pytest.param(_department("a\u202eb"), id="right-to-left override"),
        pytest.param(_department(r"a\u202eb"), id="escaped right-to-left override"),
        pytest.param(_department("a\u2066b"), id="isolate"),
        pytest.param(_department("a\x85b"), id="C1 control"),
        pytest.param(b"[" * 1000 + b"]" * 1000, id="nested lists"),
        pytest.param(b'{"a":' * 1000 + b"1" + b"}" * 1000, id="nested objects"),
        pytest.param(b'{"name": ' + b"[" * MAX_DEPTH + b"]" * MAX_DEPTH + b"}", id="one level too many"),
        pytest.param(b'{"code": "nieuw", "name": 1' + b"0" * 400 + b"}", id="integer of 401 digits"),
        pytest.param(b'{"code": "nieuw", "name": "Nieuw", "x": 9223372036854775808}', id="beyond bigint"),
        pytest.param(b'{"code": "nieuw", "name": NaN}', id="NaN"),
        pytest.param(b'{"code": "nieuw", "name": "Nieuw",}', id="trailing comma"),
        pytest.param(b'{"code": "nieuw", "name": "Nieuw"} {}', id="two values"),
        pytest.param(b'\xef\xbb\xbf{"code": "nieuw", "name": "Nieuw"}', id="byte order mark"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"", id="nothing"),
        pytest.param(b" ", id="blank"),
        pytest.param(b'{"code": "nieuw", "name": null}', id="null for a text"),
        pytest.param(b'{"code": "nieuw", "name": ""}', id="empty text"),
        pytest.param(b'{"code": "nieuw", "name": "Nieuw", "sensitive": "true"}', id="text for a boolean"),
        pytest.param(b'{"code": "nieuw", "name": "Nieuw", "sensitive": 1}', id="number for a boolean"),
    ],
)
async def test_a_body_that_would_hurt_is_a_400(administrator: Client, body: bytes) -> None:
    problem = assert_problem(await administrator.post("/departments", content=body, headers=_key(body)), 400)
    assert problem["issues"][0]["in"] == "body"
    assert problem["issues"][0]["detail"]


async def test_what_looks_dangerous_and_is_not_passes(administrator: Client) -> None:
    text = '[[[[[[ "{{{{" \\u00e9 \\"quoted\\" \\\\ ' + "[{" * 60 + "12345678901234567890"
    body = b'{"code": "nieuw", "name": ' + json.dumps(text[:190]).encode() + b"}"
    response = await administrator.post("/departments", content=body, headers=_key(text))
    assert response.status_code == 201, response.text
    assert response.json()["name"] == text[:190]


async def test_texts_are_kept_in_one_form(administrator: Client) -> None:
    response = await administrator.post("/departments", content=_department("Cafe\u0301"), headers=_key("nfc"))
    assert response.json()["name"] == "Caf\u00e9"


async def test_an_unknown_field_is_refused_by_name(administrator: Client) -> None:
    body = b'{"code": "nieuw", "name": "Nieuw", "version": 7}'
    problem = assert_problem(await administrator.post("/departments", content=body, headers=_key("field")), 400)
    assert problem["issues"] == [
        {
            "type": "urn:problem-type:belgif:input-validation:unknownInput",
            "in": "body",
            "name": "version",
            "detail": "Object contains unknown field `version`",
        }
    ]


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("unknown=1", "unknown"),
        ("limit=5&unknown=1", "unknown"),
        ("limit=5&limit=6", "limit"),
        ("limit=5&limit=5", "limit"),
        ("Limit=5", "Limit"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=x", "limit"),
        ("limit=", "limit"),
        ("limit=9" + "9" * 400, "limit"),
        ("cursor=x", "cursor"),
        ("cursor=null", "cursor"),
        ("cursor=%00", None),
        ("cursor=%FF", None),
        ("cursor=%E2%80%AE", None),
        ("=1", ""),
    ],
)
async def test_a_query_parameter_is_known_once_and_valid(administrator: Client, query: str, name: str | None) -> None:
    problem = assert_problem(await administrator.get(f"/departments?{query}"), 400)
    assert problem["issues"][0]["in"] == "query"
    assert problem["issues"][0].get("name") == name


async def test_nul_in_an_address_never_reaches_the_database(anonymous: Client, people: People) -> None:
    auditor = anonymous.as_user(people.tokens["auditor"])
    assert_problem(await auditor.get("/audit/entries?action=%00"), 400)
    integrator = anonymous.as_user(people.tokens["integrator"])
    body = {"title": "x", "phase": "behandeling", "status": "s", "changedAt": "2026-03-02T09:00:00Z"}
    for name in ("a%00b", "%E2%80%AEx"):
        problem = assert_problem(await integrator.put(f"/cases/by-external-id/{name}", json=body), 400)
        assert problem["issues"][0]["in"] == "path"


@pytest.mark.parametrize(
    ("path", "allowed"),
    [("/departments", {"GET", "POST"}), (f"/departments/{ID}", {"GET", "PATCH"}), ("/customers/query", {"POST"})],
)
@pytest.mark.parametrize("method", ["DELETE", "PUT", "TRACE", "PROPFIND"])
async def test_a_wrong_method_is_a_405_that_says_the_right_ones(
    administrator: Client, path: str, allowed: set[str], method: str
) -> None:
    response = await administrator.request(method, path)
    assert_problem(response, 405)
    assert set(response.headers["allow"].split(", ")) - {"OPTIONS"} == allowed


async def test_options_say_the_methods_and_nothing_else(anonymous: Client) -> None:
    response = await anonymous.options(f"/customers/{ID}")
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers["allow"] == "GET, OPTIONS, PATCH"


@pytest.mark.parametrize(
    "path", ["/nothing", "/departments/x", "/", "/Departments", f"/departments/{ID}/x", "/.git/HEAD"]
)
async def test_an_unknown_path_is_a_404(administrator: Client, path: str) -> None:
    assert_problem(await administrator.get(path), 404)


ANSWERS = [
    ("GET", "/health/live", 200),
    ("GET", "/me", 401),
    ("GET", "/nothing", 404),
    ("DELETE", "/me", 405),
    ("OPTIONS", "/me", 204),
    ("POST", "/departments", 415),
    ("GET", "/me?x=%00", 400),
]


@pytest.mark.parametrize(("method", "path", "status"), ANSWERS)
async def test_every_answer_is_safe_and_can_be_traced(anonymous: Client, method: str, path: str, status: int) -> None:
    body = b"x=1" if status == 415 else b""
    first = await anonymous.request(method, path, content=body)
    assert first.status_code == status, first.text
    assert {name: first.headers.get(name) for name in SAFETY} == SAFETY
    assert len(first.headers[TRACE]) >= 8
    second = await anonymous.request(method, path, content=body, headers={TRACE: "0123-abc.DEF:9"})
    assert second.headers[TRACE] == "0123-abc.DEF:9"
    assert "server" not in second.headers or "onthaal" not in second.headers["server"]


@pytest.mark.parametrize("sent", ["short", "x" * 129, "with space", "<script>", "a" * 10 + "\xe9"])
async def test_a_trace_id_of_another_shape_is_replaced(anonymous: Client, sent: str) -> None:
    headers = httpx.Headers({TRACE.encode(): sent.encode("latin-1")})
    response = await anonymous.get("/health/live", headers=headers)
    assert response.headers[TRACE] != sent
    assert re.fullmatch(r"[0-9a-f-]{36}", response.headers[TRACE])


async def test_no_other_site_may_read_answers(anonymous: Client) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    preflight = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
    for response in (
        await anonymous.get("/health/live", headers=origin),
        await anonymous.get("/nothing", headers=origin),
        await anonymous.options("/departments", headers=preflight),
    ):
        assert [name for name in response.headers if name.startswith("access-control-")] == []


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic eDp5", "Bearer x", "Bearer a.b.c", "Bearer \xe9", "bearer " + "x" * 9000],
)
async def test_without_a_good_token_there_is_a_401_and_nothing_else(anonymous: Client, authorization: str) -> None:
    headers = httpx.Headers({b"Authorization": authorization.encode("latin-1")})
    response = await anonymous.get("/me", headers=headers)
    assert_problem(response, 401)
    sent = authorization.lower().startswith("bearer") and len(authorization.split()) > 1
    assert response.headers["www-authenticate"] == ('Bearer error="invalid_token"' if sent else "Bearer")
    headers.update(_key(1))
    assert_problem(await anonymous.post("/departments", content=b'{"nonsense": 1}', headers=headers), 401)
