"""Resource: products."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody, QueryParameter

from backend.catalogue.editing.controllers import provide_editing
from backend.catalogue.editing.schemas import ProductPatch
from backend.catalogue.editing.service import EditingService
from backend.catalogue.products.schemas import AskedForm, KnownData, Language, ProductView, TransactionLinkView
from backend.catalogue.products.service import ProductService
from backend.kit.etag import ETAG, tagged
from backend.kit.operation import get, patch, post
from backend.kit.work import Work


def provide_products(work: NamedDependency[Work], request: Request[Any, Any, Any]) -> ProductService:
    """Dependency `products`."""
    return ProductService(work, request.app.state.platform.products)


class ProductController(Controller):
    """Products of the catalogue."""

    path = "/products"
    tags = ["catalogue"]
    dependencies = {
        "products": Provide(provide_products, sync_to_thread=False),
        "editing": Provide(provide_editing, sync_to_thread=False),
    }

    @get("/{product_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_product(
        self,
        product_id: FromPath[UUID],
        products: NamedDependency[ProductService],
        language: Annotated[Language, QueryParameter(description="Falls back to Dutch text by text.")] = "nl",
        form: Annotated[AskedForm, QueryParameter(description="informal (je), formal (u) or the city's.")] = "city",
    ) -> Response[ProductView]:
        """One product with everything to answer a question from: first-line information, conditions, procedure, costs.

        Texts come in the language asked for as far as they exist in it: `textLanguages` says which language each
        field really is in, `untranslated` which fields fell back. Also a product that is withdrawn at its source can
        be read. The responsible department, internal instructions and whether the city publishes the product are for
        staff; for others a product that is not published does not exist.
        """
        view = await products.get(product_id, language, None if form == "city" else form)
        return tagged(view, view.version)

    @patch("/{product_id:uuid}", response_headers=[ETAG])
    async def change_product(
        self,
        product_id: FromPath[UUID],
        data: JSONBody[ProductPatch],
        editing: NamedDependency[EditingService],
        expected: NamedDependency[int],
    ) -> Response[ProductView]:
        """Change the city's own fields of a product; fields left out stay, null empties.

        Searches find it as it is now within two seconds. With `published` false citizens do not see the product any
        more; questions that name it go on. What is already so is no change: no new version, nothing in the history.
        """
        view = await editing.change(product_id, data, expected)
        return tagged(view, view.version)

    @post("/{product_id:uuid}/transactionLink", problems=[404], status_code=200)
    async def fill_transaction_link(
        self, product_id: FromPath[UUID], data: JSONBody[KnownData], products: NamedDependency[ProductService]
    ) -> TransactionLinkView:
        """The link to the application where the transaction is done, with known data filled in.

        Only placeholders of the link are filled; values are percent-encoded, so that they can never change where it
        leads to. Nothing of the data is kept. 404 when the product has no such link.
        """
        return await products.fill(product_id, data)
