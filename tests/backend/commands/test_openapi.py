from pathlib import Path

import pytest

from tests.backend.commands.program import ROOT, onthaal

NAMES = ("core", "agent", "widget", "burgerprofiel")


def test_the_committed_descriptions_are_those_of_the_code() -> None:
    got = onthaal("openapi", "--check")
    assert got.code == 0, got.err


def test_they_are_written_the_same_way_each_time(tmp_path: Path) -> None:
    out = tmp_path / "openapi"
    assert onthaal("openapi", "--out", str(out)).out == "".join(f"{out / name}.json: written\n" for name in NAMES)
    assert onthaal("openapi", "--out", str(out)).out == "".join(f"{out / name}.json: as the code\n" for name in NAMES)
    for name in NAMES:
        assert (out / f"{name}.json").read_bytes() == (ROOT / "openapi" / f"{name}.json").read_bytes()


@pytest.mark.parametrize("name", NAMES)
def test_a_difference_is_found_and_left(tmp_path: Path, name: str) -> None:
    for one in NAMES:
        (tmp_path / f"{one}.json").write_bytes((ROOT / "openapi" / f"{one}.json").read_bytes())
    other = tmp_path / f"{name}.json"
    other.write_text("{}\n")
    got = onthaal("openapi", "--check", "--out", str(tmp_path))
    assert (got.code, got.out) == (1, "")
    assert got.err == f"onthaal: ['{name}'] differ from the code: run `onthaal openapi`\n"
    assert other.read_text() == "{}\n"
