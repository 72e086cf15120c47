"""`onthaal catalogue synonyms` on a real database: every verb, files in and out, one line when it cannot be."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.catalogue.rules.synonyms import shipped_id
from backend.kit.db import Database
from tests.backend.commands.program import Outcome, onthaal

Run = Callable[..., Outcome]


@pytest.fixture
def run(own_database: str, tmp_path: Path) -> Run:
    def synonyms(*arguments: str) -> Outcome:
        return onthaal(
            *("catalogue", "synonyms", *arguments, "--data", str(tmp_path)),
            DATABASE_URL=own_database,
            REDIS_URL="redis://127.0.0.1:1",
        )

    return synonyms


def shipped_group(run: Run) -> tuple[str, list[str]]:
    """The first group of the list that ships: its key and phrases."""
    key, phrases = next(iter(json.loads(run("export").out).items()))
    return key, phrases


def stored(database_url: str) -> int:
    async def ask() -> int:
        async with Database(database_url, size=1) as database, database.begin() as uow:
            number: int = await uow.fetchval("SELECT count(*) FROM synonym_group")
        return number

    return asyncio.run(ask())


def test_a_group_comes_changes_and_goes(run: Run) -> None:
    added = run("add", " Brol ", "ZOOI", "--note", "Seefhoek")
    assert added.code == 0, added.err
    identity = added.out.partition(":")[0]
    assert added.out == f"{identity}: city (brol, zooi)\n"
    assert run("change", identity[:20], "--add", "troep", "--drop", "Zooi").out == f"{identity}: city (brol, troep)\n"
    assert run("change", identity, "brol", "rommeltje").out == f"{identity}: city (brol, rommeltje)\n"
    listed = run("list", "--origin", "city").out.splitlines()[1:]
    assert [line.split(maxsplit=2) for line in listed] == [[identity, "city", "brol, rommeltje"]]
    assert run("remove", identity).out == f"{identity}: removed (brol, rommeltje)\n"
    assert run("list", "--origin", "city").out.splitlines()[1:] == []


def test_a_shipped_group_goes_and_comes_back(run: Run) -> None:
    key, phrases = shipped_group(run)
    identity = shipped_id(key)
    assert run("remove", key).out == f"{identity}: removed ({', '.join(phrases)}); `restore {key}` brings it back\n"
    assert key not in json.loads(run("export").out)
    assert run("list", "--origin", "removed").out.splitlines()[1].split()[:3] == [str(identity), key, "removed"]
    assert run("restore", key).out == f"{identity}: shipped ({', '.join(phrases)})\n"


def test_a_preview_saves_nothing(run: Run, own_database: str) -> None:
    got = run("preview", "brolkes", "zooitjes", "--query", "brolkes weg")
    assert got.code == 0, got.err
    assert "warning: No product has any of these phrases" in got.out
    assert got.out.endswith("0 of 3 queries change; nothing was saved\n")
    assert run("preview", "--group", shipped_group(run)[0], "--remove").code == 0
    assert stored(own_database) == 0


@pytest.mark.parametrize("form", ["csv", "json"])
def test_an_export_is_imported_unchanged(run: Run, tmp_path: Path, own_database: str, form: str) -> None:
    run("add", "brol", "zooi")
    file = tmp_path / f"list.{form}"
    assert run("export", str(file)).out == f"{file}: written\n"
    number = len(json.loads(run("export").out))
    assert run("import", str(file)).out == f"0 created, 0 changed, {number} unchanged\n"
    assert stored(own_database) == 1


def test_an_import_is_all_or_nothing(run: Run, tmp_path: Path, own_database: str) -> None:
    file = tmp_path / "list.txt"
    file.write_text("brol,zooi\n,brol,zooi\n,x,troep\n,fuif\n")
    assert run("import", str(file)).err == f"onthaal: {file}: give --format json or csv\n"
    got = run("import", str(file), "--format", "csv")
    assert (got.code, got.err.splitlines()) == (
        1,
        [
            f"onthaal: {file}: nothing imported",
            "line 1: phrases: A group has 2 to 25 phrases, not 1.",
            "line 3: phrases[0]: A phrase has 2 to 60 characters, not 1.",
            "line 4: phrases: A group has 2 to 25 phrases, not 1.",
        ],
    )
    assert stored(own_database) == 0
    file.write_text("[]")
    assert run("import", str(file), "--format", "json").err.endswith("Expected an object: key -> list of phrases.\n")
    file.write_text(",brol,zooi\n")
    tried = run("import", str(file), "--format", "csv", "--dry-run")
    assert tried.out == "1 created, 0 changed, 0 unchanged (dry run: nothing saved)\n"
    assert stored(own_database) == 0
    assert run("import", str(file), "--format", "csv").out == "1 created, 0 changed, 0 unchanged\n"
    assert stored(own_database) == 1


def test_what_cannot_be_is_one_line(run: Run) -> None:
    key, phrases = shipped_group(run)
    where = "(`onthaal catalogue synonyms list` names them)"
    for arguments, line in (
        (["remove", "no-such-group"], f"no group no-such-group {where}"),
        (["restore", str(shipped_id("?"))], f"no group {shipped_id('?')} {where}"),
        (["change", key, "a b", "--drop", "x"], "give all the phrases, or --add and --drop some: not both"),
        (["change", key, "--drop", "nergens"], f"'nergens' is not in the group: {', '.join(phrases)}"),
        (["add", "x", "brol"], "The input is not valid.: phrases[0]: A phrase has 2 to 60 characters, not 1."),
        (["preview"], "The input is not valid.: phrases: Give the phrases to try, or removed or restored."),
    ):
        got = run(*arguments)
        assert (got.code, got.out, got.err) == (2, "", f"onthaal: {line}\n"), arguments


def test_every_verb_explains_itself() -> None:
    for verb in ["list", "add", "change", "remove", "restore", "preview", "export", "import"]:
        assert f"Usage: onthaal catalogue synonyms {verb}" in onthaal("catalogue", "synonyms", verb, "--help").out


def test_without_a_database_it_says_what_to_do(tmp_path: Path) -> None:
    got = onthaal("catalogue", "synonyms", "list", "--data", str(tmp_path))
    assert got.code == 2
    assert got.err.startswith(f"onthaal: nothing runs on {tmp_path}")
