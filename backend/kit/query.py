"""Query parameters: unknown and repeated ones are refused (design 2), pages are asked the same way everywhere.

Bodies are read to the letter too: Litestar converts, so that "true", 1 and "null" would pass for a boolean or nothing.
"""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from litestar import Litestar, Request, Response
from litestar.exceptions import SerializationException
from litestar.params import QueryParameter
from litestar.routes import HTTPRoute
from litestar.typing import FieldDefinition

from backend.kit.failures import NAMES
from backend.kit.paging import PageRequest
from backend.kit.problems import invalid_input

PASSED_ON = "passedOn"
"""Option of a route that passes a request on unread: who answers it checks it."""


def _is_moment(field: FieldDefinition | None) -> bool:
    """Whether a parameter is a moment, or a moment or nothing."""
    return field is not None and datetime in {field.annotation, *(inner.annotation for inner in field.inner_types)}


class QueryGuard:
    """`before_request` hook; learns at start which parameters each operation and its dependencies take."""

    def __init__(self) -> None:
        self._known: dict[int, frozenset[str]] = {}
        self._optional: dict[int, frozenset[str]] = {}
        self._moments: dict[int, frozenset[str]] = {}
        self._methods: dict[int, str] = {}
        self._bodies: dict[int, msgspec.json.Decoder[Any]] = {}

    def learn(self, app: Litestar) -> None:
        """Read the parameters of every route."""
        for route in app.routes:
            if isinstance(route, HTTPRoute):
                for handler, model in route.route_handler_map.values():
                    if PASSED_ON in handler.opt:
                        continue
                    taken = model.expected_query_params
                    handler.opt[NAMES] = {one.field_name: one.field_alias for one in taken}
                    self._known[id(handler)] = frozenset(one.field_alias for one in taken)
                    self._optional[id(handler)] = frozenset(one.field_alias for one in taken if one.default is None)
                    fields = handler.parsed_fn_signature.parameters
                    self._moments[id(handler)] = frozenset(
                        one.field_alias for one in taken if _is_moment(fields.get(one.field_name))
                    )
                    if handler.parsed_data_field is not None:
                        self._bodies[id(handler)] = msgspec.json.Decoder(handler.parsed_data_field.annotation)
                    if handler.http_methods == {"OPTIONS"}:
                        self._methods[id(handler)] = ", ".join(sorted(route.methods))

    async def __call__(self, request: Request[Any, Any, Any]) -> Response[None] | None:
        """400 for a parameter that is unknown or comes twice, and for a body of other types; answers OPTIONS."""
        handler = id(request.route_handler)
        if handler in self._methods:  # Litestar's own answer names the methods of the first controller on the path only
            return Response(None, status_code=204, headers={"Allow": self._methods[handler]})
        known = self._known.get(handler)
        if request.scope["query_string"] and known is not None:
            self._check(request, known, self._optional[handler])
            self._check_moments(request, self._moments[handler])
        if handler in self._bodies and (body := await request.body()):
            try:
                self._bodies[handler].decode(body)
            except msgspec.DecodeError as error:
                raise SerializationException(str(error)) from error
        return None

    @staticmethod
    def _check_moments(request: Request[Any, Any, Any], moments: frozenset[str]) -> None:
        """400 for a moment that is a number: Litestar would take it for seconds since 1970."""
        for name in moments & request.query_params.keys():
            try:
                msgspec.convert(request.query_params[name], datetime)
            except msgspec.ValidationError:
                raise invalid_input("Not a moment with its zone (ISO 8601).", where="query", name=name) from None

    @staticmethod
    def _check(request: Request[Any, Any, Any], known: frozenset[str], optional: frozenset[str]) -> None:
        seen: set[str] = set()
        for name, value in request.query_params.multi_items():
            if name not in known:
                raise invalid_input("Unknown parameter.", where="query", name=name[:60], kind="unknownInput")
            if name in seen:
                raise invalid_input("Given more than once.", where="query", name=name)
            if name in optional and value.lower() == "null":  # msgspec takes the word for nothing
                raise invalid_input("Leave it out instead.", where="query", name=name)
            seen.add(name)


def provide_page(
    limit: Annotated[int, QueryParameter(ge=1, le=100, description="At most so many items.")] = 25,
    cursor: Annotated[str | None, QueryParameter(max_length=500, description="`next` of the page before.")] = None,
) -> PageRequest:
    """Dependency `page`."""
    return PageRequest(limit=limit, cursor=cursor)
