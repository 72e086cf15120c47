"""`onthaal flow check` and `onthaal flow schema`: JSON for programs, an exit code for scripts."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from backend.assistant.proof.rules import flow_schema
from backend.cli import cli
from tests.backend.assistant.flows import GIVEN, Json, rich


def run(*arguments: str | Path) -> tuple[Result, list[Any]]:
    result = CliRunner().invoke(cli, ["flow", *map(str, arguments)])
    return result, [json.loads(line) for line in result.stdout.splitlines()]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return written(tmp_path / "goed.json", rich())


def written(path: Path, document: Json) -> Path:
    path.write_text(json.dumps(document))
    return path


def test_a_right_flow_gives_one_line_and_a_summary(good: Path) -> None:
    result, (line, last) = run("check", good)
    assert result.exit_code == 0
    assert (line["file"], line["flow"], line["version"], line["proved"]) == (str(good), "proef", 1, True)
    assert line["findings"] == []
    assert [test["passed"] for test in line["tests"]] == [True, True]
    assert line["coverage"]["full"]
    assert all(
        line["coverage"][one]["total"] == line["coverage"][one]["reached"]
        for one in ("rules", "options", "outcomes", "blocks")
    )
    assert (last["files"], last["findings"], last["tests"], last["testsFailed"], last["proved"]) == (1, 0, 2, 0, 1)


def test_a_fault_is_told_and_ends_with_an_error(good: Path, tmp_path: Path) -> None:
    document = rich()
    document["outcomes"][0].pop("links")
    result, lines = run("check", good, written(tmp_path / "fout.json", document))
    assert result.exit_code == 1
    assert [line["proved"] for line in lines[:2]] == [True, False]
    assert [one["code"] for one in lines[1]["findings"]] == ["noLink"]
    assert lines[2]["findings"] == 1


def test_a_failing_test_ends_with_an_error(tmp_path: Path) -> None:
    document = rich()
    document["tests"][0]["outcome"] = "u_zaal"
    result, (line, last) = run("check", written(tmp_path / "fout.json", document))
    assert result.exit_code == 1
    assert [one["code"] for one in line["findings"]] == ["testFails"]
    assert last["testsFailed"] == 1


@pytest.mark.parametrize(
    "content",
    [b"{", b"", b"\xff", b"[1]", b"null", b"[" * 50_000],
    ids=["half", "empty", "bytes", "list", "null", "deep"],
)
def test_a_file_that_is_no_flow_is_a_fault_of_that_file(good: Path, tmp_path: Path, content: bytes) -> None:
    bad = tmp_path / "geen.json"
    bad.write_bytes(content)
    result, (first, second, last) = run("check", bad, good)
    assert result.exit_code == 1
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert first["findings"][0]["code"] == "schema"
    assert second["proved"]
    assert last["files"] == 2


def test_a_file_that_is_not_there_is_a_fault_of_that_file(good: Path, tmp_path: Path) -> None:
    result, (first, second, _) = run("check", tmp_path / "weg.json", good)
    assert result.exit_code == 1
    assert "kan niet gelezen worden" in first["findings"][0]["message"]
    assert second["proved"]
    assert run("check", tmp_path)[0].exit_code == 1


def test_a_flow_without_a_day_is_proved_on_the_day_asked_for(tmp_path: Path) -> None:
    document = rich()
    del document["valid_from"], document["review_by"]
    answers = {"akkoord": "ja", "soort": "feest", "begin": "2026-09-02"}
    document["tests"] = [{"name": "nog op tijd", "answers": answers, "outcome": "einde"}]
    path = written(tmp_path / "dag.json", document)
    assert run("check", path, "--day", "2026-09-01")[0].exit_code == 0
    assert run("check", path, "--day", "2026-09-03")[0].exit_code == 1


def test_without_files_it_says_how_to_use_it() -> None:
    result = CliRunner().invoke(cli, ["flow", "check"])
    assert result.exit_code == 2


def test_the_schema_is_printed() -> None:
    result = CliRunner().invoke(cli, ["flow", "schema"])
    assert result.exit_code == 0
    assert json.loads(result.stdout) == flow_schema()


@pytest.mark.skipif(not GIVEN, reason="the flows given with the project are not beside this checkout (../shared)")
def test_the_given_flows_pass_in_seconds() -> None:
    result, lines = run("check", *GIVEN)
    assert result.exit_code == 0
    assert lines[-1]["files"] == lines[-1]["proved"] == len(GIVEN)
    assert lines[-1]["seconds"] < 10
