"""The documentation page and the figures: from this machine only, without personal data."""

import re
from pathlib import Path

import httpx
import pytest

from backend.app import Platform, create_litestar
from backend.kit.boundary import Boundary
from backend.kit.metrics import observe
from backend.settings import Settings
from tests.conftest import Client
from tests.contract.city import City
from tests.contract.served import Served

pytestmark = pytest.mark.anyio

COMMITTED = Path(__file__).parents[2] / "openapi" / "core.json"
ADDRESS = re.compile(r"""(?:src|href)\s*=\s*["']?([^"'\s>]+)|url\(\s*["']?([^"')]+)|@import\s+["']([^"']+)""")


async def test_the_page_and_its_parts_come_from_here(anonymous: Client) -> None:
    page = await anonymous.get("/doc")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    parts = {next(filter(None, found)) for found in ADDRESS.findall(page.text)}
    assert {part.rsplit(".", 1)[1] for part in parts} >= {"js", "css"}
    for part in parts:
        assert part.startswith("/doc/assets/"), f"the page wants {part} of another host"
        response = await anonymous.get(part)
        assert response.status_code == 200, part
        assert response.content


async def test_the_page_is_shielded(anonymous: Client) -> None:
    policy = (await anonymous.get("/doc")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy


async def test_the_description_is_served(anonymous: Client) -> None:
    response = await anonymous.get("/doc/openapi.json")
    assert response.status_code == 200
    assert response.json()["info"]["title"] == "Onthaal core API"
    assert set(response.json()["paths"]) == set(httpx.Response(200, content=COMMITTED.read_bytes()).json()["paths"])


@pytest.mark.parametrize("path", ["assets/../docs.py", "assets/..%2f..%2fdocs.py", "assets/%2e%2e/x", "x"])
async def test_nothing_else_is_behind_the_documentation(anonymous: Client, path: str) -> None:
    assert (await anonymous.get(f"/doc/{path}")).status_code == 404


def test_figures_hold_no_person_and_no_thing(served: Served, city: City) -> None:
    """Paths are templates, and what people typed is nowhere."""
    headers = {"Authorization": f"Bearer {city.token}"}
    customer = city.ids["customer"][0]
    with httpx.Client(base_url=served.url, headers=headers, timeout=20) as client:
        client.get(f"/customers/{customer}").raise_for_status()
        client.get("/products", params={"q": "Lien De Smet"}).raise_for_status()
        client.get(f"/nothing/{customer}")
        text = client.get("/metrics").raise_for_status().text
    assert 'path="/customers/{customer_id' in text
    assert re.search(r"[0-9a-f]{8}-[0-9a-f]{4}-", text) is None, "an id is a figure's label"
    for word in ("Lien", "Smet", "voorbeeld", "everyone", "Bearer", customer):
        assert word not in text
        assert word not in served.log.read_text().replace('"path": "/customers/{customer_id', ""), f"{word} in the log"


async def test_figures_are_for_this_machine_or_for_who_has_the_token(platform: Platform, settings: Settings) -> None:
    async def status(token: str, host: str, sent: str = "") -> int:
        app = create_litestar(platform)
        app.state.metrics_token = token
        transport = httpx.ASGITransport(app=Boundary(app, observe=observe), client=(host, 1))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://core") as client:
            return (await client.get("/metrics", headers={"Authorization": sent} if sent else {})).status_code

    assert settings.metrics_token == ""
    assert await status("", "127.0.0.1") == 200
    assert await status("", "10.1.2.3") == 403
    assert await status("geheim", "127.0.0.1") == 401
    assert await status("geheim", "10.1.2.3", "Bearer geheim") == 200
    assert await status("geheim", "10.1.2.3", "Bearer anders") == 401
