"""The list of forms as design 7 section 1.4 describes it, and the settings it is made with."""

from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from backend.kit.configuration import SettingsInvalid
from backend.kit.db import UnitOfWork
from bff.settings import Settings, check_forms, check_production
from tests.bff.test_settings import SAFE

pytestmark = pytest.mark.anyio

PAGE = "https://www.stad.example/contact?product={productId}&nummer={productNumber}"
FORMS = {
    "form_url": PAGE,
    "form_sso_audience": "formulier-van-de-stad",
    "form_sso_url": "https://www.stad.example/api/v1/temp-sso-token",
    "form_cookies_url": "https://www.stad.example/api/v1/third_party_cookies",
}


@pytest.fixture
def told() -> dict[str, str]:
    """The settings of the forms; a test overrides them."""
    return FORMS


@pytest.fixture
def channel_settings(channel_settings: Settings, told: dict[str, str]) -> Settings:
    """With these."""
    return msgspec.structs.replace(channel_settings, **told)


@pytest.fixture
async def passport(uow: UnitOfWork, product: UUID) -> UUID:
    """A product with a number in IPDC."""
    facts = '{"externalId": "x", "snapshotId": "s", "name": {"nl": "Reispas"}}'
    await uow.execute("UPDATE product SET product_number = '697', facts = $2::jsonb WHERE id = $1", product, facts)
    return product


async def listed(burgerprofiel: httpx.AsyncClient, query: str = "") -> dict[str, Any]:
    answer = await burgerprofiel.get(f"/burgerprofiel/api/v1/forms{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].split(";")[0] == "application/hal+json"
    found: dict[str, Any] = answer.json()
    return found


async def test_a_form_of_a_product_with_a_number(burgerprofiel: httpx.AsyncClient, passport: UUID) -> None:
    forms = await listed(burgerprofiel)
    page = f"https://www.stad.example/contact?product={passport}&nummer=697"
    assert forms["_embedded"]["items"] == [
        {
            "id": str(passport),
            "name": "Reispas",
            "productId": "697",
            "sso": {"audience": "formulier-van-de-stad"},
            "_links": {
                "embed": {"href": f"{page}&token={{TEMP_SSO_TOKEN}}", "templated": True},
                "fallback": {"href": page},
                "ssoTokenRegistrationApi": {"href": FORMS["form_sso_url"]},
                "thirdPartyCookieApi": {"href": FORMS["form_cookies_url"]},
            },
        }
    ]
    assert forms["_pageMetadata"] == {"offset": 0, "size": 10, "totalItems": 1}
    here = {"href": "https://onthaal.test/burgerprofiel/api/v1/forms?limit=10&offset=0"}
    assert forms["_links"] == {"self": here, "first": here, "last": here}


@pytest.mark.parametrize("told", [{"form_url": "https://www.stad.example/{productNumber}"}])
async def test_without_single_sign_on_the_page_is_shown_as_it_is(
    burgerprofiel: httpx.AsyncClient, passport: UUID
) -> None:
    (form,) = (await listed(burgerprofiel))["_embedded"]["items"]
    link = {"href": "https://www.stad.example/697"}
    assert form == {
        "id": str(passport),
        "name": "Reispas",
        "productId": "697",
        "_links": {"embed": link} | {"fallback": link},
    }


@pytest.mark.parametrize(
    "told", [{**FORMS, "form_url": "https://www.stad.example/{productNumber}", "form_cookies_url": ""}]
)
async def test_a_token_begins_the_query_and_a_number_cannot_lead_elsewhere(
    burgerprofiel: httpx.AsyncClient, passport: UUID, uow: UnitOfWork
) -> None:
    await uow.execute("UPDATE product SET product_number = '6/9?7' WHERE id = $1", passport)
    (form,) = (await listed(burgerprofiel))["_embedded"]["items"]
    assert form["_links"]["embed"]["href"] == "https://www.stad.example/6%2F9%3F7?token={TEMP_SSO_TOKEN}"
    assert set(form["_links"]) == {"embed", "fallback", "ssoTokenRegistrationApi"}


@pytest.mark.parametrize("told", [{}])
async def test_without_a_page_there_are_no_forms(burgerprofiel: httpx.AsyncClient, passport: UUID) -> None:
    assert passport
    forms = await listed(burgerprofiel, "?limit=5")
    assert forms["_embedded"] == {"items": []}
    assert forms["_pageMetadata"] == {"offset": 0, "size": 5, "totalItems": 0}
    assert set(forms["_links"]) == {"self", "first", "last"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        (
            {"form_url": "https://www.stad.example/contact"},
            "ONTHAAL_BFF_FORM_URL: needs {productId} or {productNumber}",
        ),
        ({"form_url": "https://www.stad.example/{productId}/{insz}"}, "ONTHAAL_BFF_FORM_URL"),
        ({"form_url": "https://www.stad.example/{productId"}, "ONTHAAL_BFF_FORM_URL"),
        ({"form_url": "https://www.stad.example/#{productId}"}, "ONTHAAL_BFF_FORM_URL"),
        ({"form_url": "javascript:{productId}"}, "ONTHAAL_BFF_FORM_URL"),
        ({"form_url": ""}, "ONTHAAL_BFF_FORM_SSO_URL needs ONTHAAL_BFF_FORM_URL"),
        ({"form_sso_audience": ""}, "both or neither"),
        ({"form_sso_url": ""}, "both or neither"),
        ({"form_cookies_url": "www.stad.example"}, "ONTHAAL_BFF_FORM_COOKIES_URL"),
    ],
)
def test_addresses_that_lead_nowhere_are_refused(changes: dict[str, str], named: str) -> None:
    check_forms(Settings(**FORMS))  # type: ignore[arg-type] # all of them are text
    with pytest.raises(SettingsInvalid, match=named):
        check_production(Settings(**{**FORMS, **changes}))  # type: ignore[arg-type] # all of them are text


@pytest.mark.parametrize("field", ["form_url", "form_sso_url", "form_cookies_url"])
def test_production_wants_https(field: str) -> None:
    safe = msgspec.structs.replace(SAFE, **FORMS)
    check_production(safe)
    plain = FORMS[field].replace("https://", "http://")
    with pytest.raises(SettingsInvalid, match=f"needs https in ONTHAAL_BFF_{field.upper()}"):
        check_production(msgspec.structs.replace(safe, **{field: plain}))
