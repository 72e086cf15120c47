"""Resource: products, as editors change them."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.catalogue.editing.schemas import HiddenProductPage, ProductPatch, ProductPreview, ProductRevert
from backend.catalogue.editing.service import EditingService
from backend.catalogue.products.schemas import ProductView
from backend.kit.etag import ETAG
from backend.kit.idempotency import Once
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


class _Versioned(msgspec.Struct):
    version: int


def provide_editing(work: NamedDependency[Work], request: Request[Any, Any, Any]) -> EditingService:
    """Dependency `editing`."""
    return EditingService(work, request.app.state.platform.products)


class EditingController(Controller):
    """The city's own fields of products."""

    path = "/"
    tags = ["catalogue"]
    dependencies = {"editing": Provide(provide_editing, sync_to_thread=False)}

    @post("/products/{product_id:uuid}/preview", problems=[404], status_code=200)
    async def preview_product(
        self, product_id: FromPath[UUID], data: JSONBody[ProductPatch], editing: NamedDependency[EditingService]
    ) -> ProductPreview:
        """What staff and what citizens would see after a change; nothing is saved.

        `warnings` says what is doubtful, such as a question that is asked twice or a link without https, and first
        what would be refused (`blocking`).
        """
        return await editing.preview(product_id, data)

    @post(
        "/products/{product_id:uuid}/revert",
        problems=[404, 409, 412, 422, 428],
        status_code=200,
        response_headers=[ETAG],
    )
    async def revert_product(
        self,
        *,
        product_id: FromPath[UUID],
        data: JSONBody[ProductRevert],
        editing: NamedDependency[EditingService],
        expected: NamedDependency[int],
        once: NamedDependency[Once],
    ) -> Response[ProductView]:
        """Bring the city's own fields back to how they were after a version, as a new change of kind `revert`.

        What the catalogue itself says about the product stays as it is now; see the history for the versions.
        """
        asked = (product_id, expected, data)
        answer = await once.run(asked, lambda: editing.revert(product_id, data, expected), status=200)
        answer.headers["ETag"] = f'"{msgspec.json.decode(answer.content, type=_Versioned).version}"'
        return answer

    @get("/catalogue/hiddenProducts")
    async def list_hidden_products(
        self, editing: NamedDependency[EditingService], page: NamedDependency[PageRequest]
    ) -> HiddenProductPage:
        """Products that a search does not show and why: not published, withdrawn at the source, not offered now."""
        return await editing.hidden(page)
