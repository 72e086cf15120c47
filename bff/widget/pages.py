"""Pages behind the links in mails: looking has no effect, what the link holds stays behind `#` and in a body."""

import hashlib
from base64 import b64encode
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Controller, Request, Response

from backend.kit.operation import get
from bff.core.application import ChannelParts

_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), undefined=StrictUndefined, autoescape=True
)
OPEN = {"open": True}
"""Nobody has to be anybody to look at a page."""


@lru_cache(maxsize=16)
def page(name: str, city: str) -> tuple[str, str]:
    """A page, and the content security policy that lets its own script and style run and nothing else."""
    content = _PAGES.get_template(f"{name}.html").render(city=city)
    script, style = (_hash(content, tag) for tag in ("script", "style"))
    policy = (
        f"default-src 'none'; script-src {script}; style-src {style}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    return content, policy


def _hash(content: str, tag: str) -> str:
    inside = content.split(f"<{tag}>", 1)[1].split(f"</{tag}>", 1)[0]
    return f"'sha256-{b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'"


def _shown(request: Request[Any, Any, Any], name: str) -> Response[str]:
    parts: ChannelParts = request.app.state.parts
    content, policy = page(name, parts.settings.city)
    return Response(content, media_type="text/html", headers={"Content-Security-Policy": policy})


class PageController(Controller):
    """Pages of citizens."""

    tags = ["pages"]

    @get("/bevestig", public=True, media_type="text/html", opt=OPEN)
    async def get_confirmation_page(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Asks whether somebody wrote a form, and for its reference; only sending the answer has an effect."""
        return _shown(request, "bevestig")

    @get("/ongedaan", public=True, media_type="text/html", opt=OPEN)
    async def get_undo_page(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Asks whether a form has to be parted from a customer again; only sending the answer has an effect."""
        return _shown(request, "ongedaan")

    @get("/status", public=True, media_type="text/html", opt=OPEN)
    async def get_status_page(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Asks for a reference and its secret, and shows how far the question is."""
        return _shown(request, "status")

    @get("/mening", public=True, media_type="text/html", opt=OPEN)
    async def get_opinion_page(self, request: Request[Any, Any, Any]) -> Response[str]:
        """Asks whether an answer helped."""
        return _shown(request, "mening")
