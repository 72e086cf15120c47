from pathlib import Path

from tests.backend.commands.program import ROOT, onthaal


def test_the_committed_description_is_that_of_the_code() -> None:
    got = onthaal("openapi", "--check")
    assert got.code == 0, got.err


def test_it_is_written_the_same_way_each_time(tmp_path: Path) -> None:
    made = tmp_path / "openapi" / "core.json"
    assert onthaal("openapi", "--out", str(made)).out == f"{made}: written\n"
    assert onthaal("openapi", "--out", str(made)).out == f"{made}: unchanged\n"
    assert made.read_text().startswith('{\n "info": {\n  "title": "Onthaal core API"')
    assert made.read_bytes() == (ROOT / "openapi" / "core.json").read_bytes()


def test_a_difference_is_found_and_left(tmp_path: Path) -> None:
    other = tmp_path / "core.json"
    other.write_text("{}\n")
    got = onthaal("openapi", "--check", "--out", str(other))
    assert (got.code, got.out) == (1, "")
    assert got.err == f"onthaal: {other} differs from the code: run `onthaal openapi`\n"
    assert other.read_text() == "{}\n"
