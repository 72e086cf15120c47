"""`onthaal catalogue index` on a server that speaks as Meilisearch does."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from backend.cli import cli
from backend.commands.failures import Refused
from backend.settings import Settings
from tests.backend.kit.search.meilisearch.server import MASTER, Server, running


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as made:
        yield made


@pytest.fixture
def run(
    server: Server, own_database: str, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> "type[Run]":
    monkeypatch.setenv("DATABASE_URL", own_database)
    monkeypatch.setenv("REDIS_URL", settings.redis_url)
    monkeypatch.setenv("MEILISEARCH_URL", server.url)
    monkeypatch.setenv("MEILISEARCH_ADMIN_KEY", MASTER)
    monkeypatch.setenv("MEILISEARCH_PREFIX", "city_")
    Run.data = str(tmp_path)
    return Run


class Run:
    data = ""

    @classmethod
    def index(cls, *options: str) -> Result:
        return CliRunner().invoke(cli, ["catalogue", "index", "--data", cls.data, *options])


def test_it_builds_the_index(run: type[Run], server: Server) -> None:
    result = run.index()
    assert result.exit_code == 0, result.output
    assert result.stdout.endswith("0 products in the new index\n")
    assert server.uids() == ["city_products"]


def test_the_key_can_only_search_and_is_all_that_is_printed(run: type[Run], server: Server) -> None:
    result = run.index("--keys")
    assert result.exit_code == 0, result.output
    assert server.keys[result.stdout.strip()]["actions"] == ["search"]
    assert server.keys[result.stdout.strip()]["indexes"] == ["city_products"]
    assert server.uids() == [], "the index is left alone"


def test_it_says_what_is_wrong(run: type[Run], server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.fail_tasks["settingsUpdate"] = "invalid_settings_synonyms"
    refused = run.index().exception
    assert isinstance(refused, Refused)
    assert "invalid_settings_synonyms" in str(refused)
    monkeypatch.setenv("MEILISEARCH_ADMIN_KEY", "wrong")
    assert "http_403" in str(run.index("--keys").exception)
    server.stop()
    assert "connection" in str(run.index().exception)
    monkeypatch.setenv("MEILISEARCH_URL", "")
    assert "embedded engine" in str(run.index().exception)
