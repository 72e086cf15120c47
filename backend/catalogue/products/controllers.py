"""Resource: products."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, FromQuery, JSONBody

from backend.catalogue.products.schemas import Language, ProductPatch, ProductView
from backend.catalogue.products.service import ProductService
from backend.kit.etag import ETAG, tagged
from backend.kit.operation import get, patch
from backend.kit.work import Work


def provide_products(work: NamedDependency[Work], request: Request[Any, Any, Any]) -> ProductService:
    """Dependency `products`."""
    return ProductService(work, request.app.state.platform.products)


class ProductController(Controller):
    """Products of the catalogue."""

    path = "/products"
    tags = ["catalogue"]
    dependencies = {"products": Provide(provide_products, sync_to_thread=False)}

    @get("/{product_id:uuid}", problems=[404], response_headers=[ETAG])
    async def get_product(
        self,
        product_id: FromPath[UUID],
        products: NamedDependency[ProductService],
        language: FromQuery[Language] = "nl",
    ) -> Response[ProductView]:
        """One product, in the language asked for as far as its texts exist in it; also when it is withdrawn."""
        view = await products.get(product_id, language)
        return tagged(view, view.version)

    @patch("/{product_id:uuid}", response_headers=[ETAG])
    async def change_product(
        self,
        product_id: FromPath[UUID],
        data: JSONBody[ProductPatch],
        products: NamedDependency[ProductService],
        expected: NamedDependency[int],
    ) -> Response[ProductView]:
        """Change the city's own fields of a product; fields left out stay, null empties."""
        view = await products.change(product_id, data, expected)
        return tagged(view, view.version)
