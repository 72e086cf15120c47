"""The API description as JSON and as a page, served from this machine only (no foreign hosts)."""

from pathlib import Path

import swagger_ui
from litestar import Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import Components, Contact, SecurityScheme, Server, Tag
from litestar.static_files import create_static_files_router

_ASSETS = Path(swagger_ui.__file__).parent / "static"
PREFIX = "/doc"


def openapi_config(*, title: str, version: str, description: str, tags: dict[str, str]) -> OpenAPIConfig:
    """Configuration of the description at `/doc/openapi.json` and its page at `/doc`."""
    page = SwaggerRenderPlugin(
        js_url=f"{PREFIX}/assets/swagger-ui-bundle.js",
        css_url=f"{PREFIX}/assets/swagger-ui.css",
        standalone_preset_js_url=f"{PREFIX}/assets/swagger-ui-standalone-preset.js",
        favicon=f'<link rel="icon" href="{PREFIX}/assets/favicon-32x32.png">',
        path=["/", "/swagger"],
    )
    bearer = SecurityScheme(type="http", scheme="bearer", bearer_format="JWT", description="An access token (at+jwt).")
    return OpenAPIConfig(
        title=title,
        version=version,
        description=description,
        contact=Contact(name="Onthaal"),
        servers=[Server(url="/")],
        tags=[Tag(name=name, description=text) for name, text in tags.items()],
        use_handler_docstrings=True,
        components=Components(security_schemes={"bearer": bearer}),
        security=[{"bearer": []}],
        openapi_router=Router(path=PREFIX, route_handlers=[], include_in_schema=False, opt={"open": True}),
        render_plugins=[page, JsonRenderPlugin(path="/openapi.json")],
    )


def assets() -> Router:
    """The page's own scripts and styles."""
    return create_static_files_router(
        path=f"{PREFIX}/assets", directories=[_ASSETS], include_in_schema=False, opt={"open": True}, name="docs"
    )
