"""Guided questions of the demo city, and documents that are imported."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from backend.app import Platform
from backend.assistant.rules import decode
from backend.commands.city import add_city, read_city
from backend.commands.failures import Refused
from backend.commands.flows import DATA, add_demo_flows, import_flows
from backend.commands.products import add_demo_catalogue
from backend.commands.seed import DEMO
from backend.kit.db import UnitOfWork
from tests.backend.assistant.authoring import document
from tests.backend.commands.program import onthaal

pytestmark = pytest.mark.anyio


@pytest.fixture
async def city(platform: Platform) -> Platform:
    """The demo city with its catalogue."""
    async with platform.unit(None, "cli.seed", "t") as work:
        await add_city(work, read_city(DEMO))
    async with platform.unit(None, "cli.seed", "t") as work:
        await add_demo_catalogue(work)
    return platform


async def test_the_flows_of_the_demo_city_are_proved_and_published_once(city: Platform, uow: UnitOfWork) -> None:
    wanted = sorted(decode(file.read_bytes()).flow for file in DATA.glob("*.json"))
    assert len(wanted) >= 5
    assert await add_demo_flows(city) == f"{len(wanted)} published"
    served = await city.flows.published(datetime.now(UTC).date())
    assert [one.program.flow.flow for one in served] == wanted
    rows = await uow.fetch(
        """SELECT DISTINCT a.username AS author, r.username AS reviewer, f.owner_department_id IS NOT NULL AS owned
             FROM flow_version v JOIN flow f ON f.id = v.flow_id
             JOIN app_user a ON a.id = v.author_id JOIN app_user r ON r.id = v.reviewer_id"""
    )
    assert [tuple(row) for row in rows] == [("pieter.redactie", "adem.beheer", True)]
    assert await add_demo_flows(city) == "0 published"


async def test_without_the_demo_users_nothing_is_made(platform: Platform, uow: UnitOfWork) -> None:
    assert (await add_demo_flows(platform)).startswith("none")
    assert await uow.fetchval("SELECT count(*) FROM flow") == 0


async def test_documents_are_imported_all_or_none(platform: Platform, uow: UnitOfWork, tmp_path: Path) -> None:
    good, bad = tmp_path / "goed.json", tmp_path / "slecht.json"
    good.write_text(json.dumps(document()))
    bad.write_text(json.dumps({**document("anders"), "title": ""}))
    with pytest.raises(Refused, match=r"slecht\.json: /title"):
        await import_flows(platform, [good, bad])
    assert await uow.fetchval("SELECT count(*) FROM flow") == 0
    (line,) = await import_flows(platform, [good])
    assert "draft 1 of verhuizen" in line
    with pytest.raises(Refused, match="not published yet"):
        await import_flows(platform, [good])
    with pytest.raises(Refused, match="No such file"):
        await import_flows(platform, [tmp_path / "weg.json"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("[]", "moet een deel met namen zijn"),
        ("null", "moet een deel met namen zijn"),
        ("[" * 100_000, "te veel niveaus"),
        (json.dumps(document(title="a\0b")), "U\\+0000 is not allowed"),
        (json.dumps(document(title="\ud800")), "U\\+D800 is not allowed"),
        (json.dumps(document(title="a\u202eb")), "U\\+202E is not allowed"),
        (json.dumps(document())[:-1] + ', "title": "twee"}', "staat twee keer"),
        (json.dumps(document(note="x" * 300_000)), "larger than"),
    ],
)
async def test_what_the_api_would_refuse_is_not_imported_either(
    platform: Platform, tmp_path: Path, content: str, said: str
) -> None:
    file = tmp_path / "slecht.json"
    file.write_text(content)
    with pytest.raises(Refused, match=said):
        await import_flows(platform, [file])


def test_the_command_says_what_it_made(own_database: str, tmp_path: Path) -> None:
    file = tmp_path / "goed.json"
    file.write_text(json.dumps(document()))
    where = {"DATABASE_URL": own_database, "REDIS_URL": "redis://127.0.0.1:1"}
    got = onthaal("flow", "import", str(file), "--data", str(tmp_path), **where)
    assert (got.code, got.out.split(": ")[1][:20]) == (0, "draft 1 of verhuizen"), got.err
    again = onthaal("flow", "import", str(file), "--data", str(tmp_path), **where)
    assert again.code == 1
    assert "not published yet" in again.err
