"""The API description as JSON and as a page, served from this machine only (no foreign hosts)."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from inspect import cleandoc
from pathlib import Path
from typing import Any

import msgspec
import swagger_ui
from litestar import Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, Contact, OpenAPI, SecurityScheme, Server, Tag
from litestar.static_files import create_static_files_router

from backend.kit.schema import Input

_ASSETS = Path(swagger_ui.__file__).parent / "static"
PREFIX = "/doc"


def _inputs(shape: type[Input] = Input) -> Iterator[type[Input]]:
    for kind in shape.__subclasses__():
        yield kind
        yield from _inputs(kind)


def _responses(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path in document.get("paths", {}).values():
        for operation in path.values():
            if isinstance(operation, dict):
                yield from operation.get("responses", {}).values()


def _once(node: Any) -> None:
    """Drop `integer` of what may be a number too: a whole number would be two of `oneOf`."""
    if isinstance(node, dict):
        kinds = node.get("oneOf")
        if isinstance(kinds, list) and any(isinstance(one, dict) and one.get("type") == "number" for one in kinds):
            node["oneOf"] = [one for one in kinds if not isinstance(one, dict) or one.get("type") != "integer"]
    for below in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _once(below)


@dataclass
class Description(OpenAPI):
    """The description, with input shapes as msgspec itself reads them.

    Litestar leaves out that unknown fields are refused, and the limits of what is nested in lists and dictionaries.
    """

    def to_schema(self) -> dict[str, Any]:
        """The whole document."""
        document = super().to_schema()
        schemas = document.get("components", {}).get("schemas", {})
        shapes = [shape for shape in _inputs() if shape.__name__ in schemas]
        _, exact = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
        for name in sorted(exact):
            schemas[name] = {**exact[name], "description": cleandoc(exact[name]["description"])}
        _once(schemas)
        for response in _responses(document):
            if headers := response.get("headers"):  # Litestar keeps them in a set: another order in every process
                response["headers"] = dict(sorted(headers.items()))
        return document


@dataclass
class DescriptionConfig(OpenAPIConfig):
    """Configuration that makes a `Description`."""

    def to_openapi_schema(self) -> OpenAPI:
        """The description without paths and schemas yet."""
        made = super().to_openapi_schema()
        return Description(**{field.name: getattr(made, field.name) for field in fields(made) if field.init})


BEARER = {
    "bearer": SecurityScheme(type="http", scheme="bearer", bearer_format="JWT", description="An access token (at+jwt).")
}


def openapi_config(
    *,
    title: str,
    version: str,
    description: str,
    tags: dict[str, str],
    schemes: dict[str, SecurityScheme] = BEARER,
    base: str = "",
) -> "DescriptionConfig":
    """Configuration of the description at `/doc/openapi.json` and its page at `/doc`.

    Args:
        title: of the API.
        version: of the API.
        description: of the API.
        tags: name -> what its operations are about.
        schemes: how a request shows who it is from; each will do.
        base: path of the whole application.
    """
    prefix = f"{base}{PREFIX}"
    page = SwaggerRenderPlugin(
        js_url=f"{prefix}/assets/swagger-ui-bundle.js",
        css_url=f"{prefix}/assets/swagger-ui.css",
        standalone_preset_js_url=f"{prefix}/assets/swagger-ui-standalone-preset.js",
        favicon=f'<link rel="icon" href="{prefix}/assets/favicon-32x32.png">',
        path=["/", "/swagger"],
    )
    return DescriptionConfig(
        title=title,
        version=version,
        description=description,
        contact=Contact(name="Onthaal"),
        servers=[Server(url="/")],
        tags=[Tag(name=name, description=text) for name, text in tags.items()],
        use_handler_docstrings=True,
        components=Components(security_schemes=dict(schemes)),
        security=[{name: []} for name in schemes],
        openapi_router=Router(path=PREFIX, route_handlers=[], include_in_schema=False, opt={"open": True}),
        render_plugins=[page, JsonRenderPlugin(path="/openapi.json")],
    )


def assets() -> Router:
    """The page's own scripts and styles."""
    return create_static_files_router(
        path=f"{PREFIX}/assets", directories=[_ASSETS], include_in_schema=False, opt={"open": True}, name="docs"
    )
