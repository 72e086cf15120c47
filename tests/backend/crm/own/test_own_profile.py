"""The own profile."""

from typing import Any

import pytest

from backend.platform import Platform, channel_issuer
from tests.backend.crm.conftest import Audit, Create
from tests.conftest import Client

pytestmark = pytest.mark.anyio


async def test_what_is_known_masked_and_logged_as_the_own_look(
    anonymous: Client, platform: Platform, create: Create, person: dict[str, Any], audit: Audit
) -> None:
    hidden = {"street": "Schuilplaats", "number": "1", "postcode": "9000", "municipality": "Gent", "undisclosed": True}
    made = (await create({**person, "addresses": [*person["addresses"], hidden]})).json()
    issuer = channel_issuer(platform.settings, "widget")
    answer = await anonymous.as_user(issuer.token(made["id"], azp="widget")).get("/own/profile")
    assert answer.status_code == 200, answer.text
    view = answer.json()
    assert view["displayName"] == made["displayName"]
    assert [one["street"] for one in view["addresses"]] == ["Kerkstraat"]
    assert {one["type"]: one["typed"] for one in view["contactPoints"]}["phone"] == "0470 12 34 56"
    assert view["identifiers"] == [{"type": "ssin", "value": made["identifiers"][0]["value"]}]
    assert not [secret for secret in ("85073003328", "Schuilplaats", "1985-07-30") if secret in answer.text]
    entry = (await audit(made["id"]))[-1]
    assert (entry["action"], entry["purpose"]) == ("getOwnProfile", "ownData")
