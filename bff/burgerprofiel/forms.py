"""The products that have a number in IPDC, kept for a while: the list of forms is read a page at a time."""

import asyncio
import time

from bff.burgerprofiel.operations import PRODUCTS, Product
from bff.core.client import Caller, Core
from bff.core.tokens import VISITOR

KEPT_SECONDS = 60.0
PAGE = 100
MOST_PAGES = 200


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
