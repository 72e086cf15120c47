"""Citizens of a channel: a customer, somebody who is none, a token that is no good."""

from uuid import uuid4

import pytest

from backend.platform import Platform, channel_issuer
from backend.settings import CHANNEL_ISSUER
from tests.conftest import Client

pytestmark = pytest.mark.anyio

EMPTY = {"questions": {"items": [], "total": 0}, "messages": {"items": [], "total": 0}, "cases": {"items": []}}
EMPTY |= {"consultations": {"items": [], "total": 0}}


@pytest.fixture
def citizen(anonymous: Client, platform: Platform) -> Client:
    """A customer who is no more: nothing of one who was deleted is left, so it is as one that never was."""
    return anonymous.as_user(channel_issuer(platform.settings, "widget").token(str(uuid4()), azp="widget"))


async def test_who_is_no_customer_any_more_does_what_anybody_may(citizen: Client) -> None:
    assert (await citizen.get("/products", params={"q": "pas"})).status_code == 200
    assert (await citizen.post("/intake/challenges", json={})).status_code == 200


@pytest.mark.parametrize("subject", ["visitor", ""])
async def test_who_is_no_customer_has_an_empty_file(
    anonymous: Client, platform: Platform, citizen: Client, subject: str
) -> None:
    if subject:
        citizen = anonymous.as_user(channel_issuer(platform.settings, "widget").token(subject, azp="widget"))
    for name, empty in EMPTY.items():
        answer = await citizen.get(f"/own/{name}")
        assert (answer.status_code, answer.json()) == (200, empty), name
    for path in ("profile", f"questions/{uuid4()}"):
        assert (await citizen.get(f"/own/{path}")).status_code == 404, path


async def test_who_is_no_customer_any_more_sees_nothing_of_colleagues(citizen: Client) -> None:
    for path in ("/me", "/customers/019a0000-0000-7000-8000-000000000000", "/worklists/unassigned"):
        answer = await citizen.get(path)
        assert (answer.status_code, answer.json()["type"]) == (403, "urn:problem-type:belgif:missingPermission"), path


async def test_a_name_that_is_none_and_a_wrong_key_are_told_apart(anonymous: Client, platform: Platform) -> None:
    """The server of a channel answers 502 to a wrong key of its own, and logs nobody out."""
    widget, other = (channel_issuer(platform.settings, name) for name in ("widget", "burgerprofiel"))
    unknown = await anonymous.as_user(widget.token("iemand", azp="widget")).get("/products")
    assert (unknown.status_code, unknown.headers["www-authenticate"]) == (401, "Bearer")
    other.prepare()
    forged = other.token("visitor", iss=f"{CHANNEL_ISSUER}widget", azp="widget")
    refused = await anonymous.as_user(forged).get("/products")
    assert (refused.status_code, refused.headers["www-authenticate"]) == (401, 'Bearer error="invalid_token"')
