"""Query parameters: unknown and repeated ones are refused (design 2), pages are asked the same way everywhere."""

from typing import Annotated, Any

from litestar import Litestar, Request
from litestar.params import QueryParameter
from litestar.routes import HTTPRoute

from backend.kit.paging import PageRequest
from backend.kit.problems import invalid_input


class QueryGuard:
    """`before_request` hook; learns at start which parameters each operation and its dependencies take."""

    def __init__(self) -> None:
        self._known: dict[int, frozenset[str]] = {}

    def learn(self, app: Litestar) -> None:
        """Read the parameters of every route."""
        for route in app.routes:
            if isinstance(route, HTTPRoute):
                for handler, model in route.route_handler_map.values():
                    names = frozenset(parameter.field_alias for parameter in model.expected_query_params)
                    self._known[id(handler)] = names

    async def __call__(self, request: Request[Any, Any, Any]) -> None:
        """400 for a parameter that the operation does not know, or that comes twice."""
        if not request.scope["query_string"]:
            return
        known = self._known.get(id(request.route_handler))
        if known is None:
            return
        seen: set[str] = set()
        for name, _ in request.query_params.multi_items():
            if name not in known:
                raise invalid_input("Unknown parameter.", where="query", name=name[:60], kind="unknownInput")
            if name in seen:
                raise invalid_input("Given more than once.", where="query", name=name)
            seen.add(name)


def provide_page(
    limit: Annotated[int, QueryParameter(ge=1, le=100, description="At most so many items.")] = 25,
    cursor: Annotated[str | None, QueryParameter(max_length=500, description="`next` of the page before.")] = None,
) -> PageRequest:
    """Dependency `page`."""
    return PageRequest(limit=limit, cursor=cursor)
