"""The forms: one for each product that has a number in IPDC, on the page of the city.

Products are kept for a while: the list is read a page at a time.
"""

import asyncio
import time
from urllib.parse import quote

from bff.burgerprofiel.operations import PRODUCTS, Product
from bff.burgerprofiel.paging import Href
from bff.burgerprofiel.schemas import Form, Sso
from bff.core.client import Caller, Core
from bff.core.tokens import VISITOR
from bff.settings import Settings

KEPT_SECONDS = 60.0
PAGE = 100
MOST_PAGES = 200
PLACE = "token={TEMP_SSO_TOKEN}"
"""What Mijn Burgerprofiel fills in: a token by which the page of the form knows who is logged in."""


def form(product: Product, settings: Settings) -> Form:
    """The form about a product, as design 7 section 1.4 describes it; only with a `form_url`."""
    number = product.product_number or ""
    page = settings.form_url.replace("{productId}", str(product.id)).replace("{productNumber}", quote(number, safe=""))
    links = {"embed": Href(href=page), "fallback": Href(href=page)}
    if settings.form_sso_url:
        links["embed"] = Href(href=f"{page}{'&' if '?' in page else '?'}{PLACE}", templated=True)
        links["ssoTokenRegistrationApi"] = Href(href=settings.form_sso_url)
    if settings.form_cookies_url:
        links["thirdPartyCookieApi"] = Href(href=settings.form_cookies_url)
    sso = Sso(audience=settings.form_sso_audience) if settings.form_sso_audience else None
    return Form(id=product.id, name=product.title, product_id=number, sso=sso, links=links)


class FormCatalogue:
    """The products about which there is a form, by title."""

    def __init__(self) -> None:
        self._until = 0.0
        self._products: list[Product] = []
        self._reading = asyncio.Lock()

    async def products(self, core: Core, trace: str) -> list[Product]:
        """Every product with a number, as the core shows them to a visitor; raises as `Core.call`."""
        async with self._reading:
            if time.monotonic() >= self._until:
                self._products = await self._read(core, Caller(subject=VISITOR, trace=trace))
                self._until = time.monotonic() + KEPT_SECONDS
            return self._products

    @staticmethod
    async def _read(core: Core, by: Caller) -> list[Product]:
        found: list[Product] = []
        cursor: str | None = None
        for _ in range(MOST_PAGES):
            page = (await core.call(PRODUCTS, by, query={"limit": PAGE, "cursor": cursor})).value
            found += [one for one in page.items if one.product_number]
            if (cursor := page.next) is None:
                break
        return found
