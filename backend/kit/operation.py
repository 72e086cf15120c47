"""Route decorators that make every operation complete: id, description, problems, documented response headers.

`@post("/contacts", problems=[404])` on `async def register_contact` becomes operation `registerContact`, its docstring
the description, and 400, 401, 403 … described as `application/problem+json`. `keep_plans=True` lets its transaction
use plans made once (`Reach.keep_plans`), `in_order=True` has it read lists in the order of an index.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from litestar import delete as _delete
from litestar import get as _get
from litestar import patch as _patch
from litestar import post as _post
from litestar import put as _put
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.spec import Example, Operation, Parameter, Schema
from litestar.openapi.spec.enums import OpenAPIType

from backend.kit.problems import MEDIA_TYPE, TITLES, Problem, example

H = TypeVar("H")

READ = (400, 401, 403, 413, 415, 503)
"""Problems that any operation can answer: the boundary looks at every request, even at a stray body of a GET."""
PUBLIC = (400, 413, 415, 503)


@dataclass
class Described(Operation):
    """An operation whose parameters are never described as null: in a URL or header they are there or not."""

    def __post_init__(self) -> None:
        """Take the null out of what Litestar made of `str | None`."""
        for parameter in self.parameters or ():
            schema = parameter.schema if isinstance(parameter, Parameter) else None
            if isinstance(parameter, Parameter) and isinstance(schema, Schema) and schema.one_of:
                kinds = [one for one in schema.one_of if getattr(one, "type", None) is not OpenAPIType.NULL]
                if len(kinds) == 1 and isinstance(kinds[0], Schema):
                    schema.one_of, schema.type, schema.format = None, kinds[0].type, kinds[0].format
                elif len(kinds) == 1:
                    parameter.schema = kinds[0]
            if isinstance(schema, Schema) and isinstance(schema.type, list):
                schema.type = next(kind for kind in schema.type if kind is not OpenAPIType.NULL)
                schema.enum = [value for value in schema.enum or () if value is not None] or None


def operation_id(name: str) -> str:
    """`register_contact` -> `registerContact`."""
    head, *tail = name.split("_")
    return head + "".join(part.title() for part in tail)


def problem_responses(statuses: Iterable[int]) -> dict[int, ResponseSpec]:
    """Response descriptions of problems, with an example each."""
    return {
        status: ResponseSpec(
            Problem,
            description=TITLES[status][1],
            media_type=MEDIA_TYPE,
            generate_examples=False,
            examples=[Example(summary=TITLES[status][1], value=example(status))],
        )
        for status in sorted(set(statuses))
    }


def _route(
    decorator: Any, path: str | None, problems: Iterable[int], options: dict[str, Any], *, public: bool = False
) -> Callable[[H], H]:
    """The Litestar decorator, filled in from the function it decorates."""

    def apply(function: Any) -> Any:
        usual = PUBLIC if public else READ
        summary = (function.__doc__ or "").strip().split("\n")[0].rstrip(".")
        return decorator(
            path,
            operation_id=operation_id(function.__name__),
            operation_class=options.pop("operation_class", Described),
            summary=summary,
            responses=problem_responses((*usual, *problems)) | options.pop("responses", {}),
            security=[{}] if public else None,
            **options,
        )(function)

    return apply


def get(
    path: str | None = None, *, problems: Iterable[int] = (), public: bool = False, **options: Any
) -> Callable[[H], H]:
    """A reading operation."""
    return _route(_get, path, problems, options, public=public)


def post(
    path: str | None = None, *, problems: Iterable[int] = (), public: bool = False, **options: Any
) -> Callable[[H], H]:
    """A creating operation, or a life-cycle verb."""
    return _route(_post, path, problems, options, public=public)


def patch(path: str | None = None, *, problems: Iterable[int] = (), **options: Any) -> Callable[[H], H]:
    """A change of some fields; needs `If-Match`."""
    return _route(_patch, path, (404, 409, 412, 428, *problems), options)


def put(path: str | None = None, *, problems: Iterable[int] = (), **options: Any) -> Callable[[H], H]:
    """A replacement."""
    return _route(_put, path, problems, options)


def delete(path: str | None = None, *, problems: Iterable[int] = (), **options: Any) -> Callable[[H], H]:
    """A removal."""
    return _route(_delete, path, problems, options)
