import json
from pathlib import Path

from tests.backend.catalogue.conftest import snapshot
from tests.backend.commands.program import Outcome, onthaal
from tests.backend.kit.streams import page


def test_a_source_is_added_run_and_changed(own_database: str, tmp_path: Path) -> None:
    def sources(*arguments: str) -> Outcome:
        return onthaal(
            *("catalogue", "source", *arguments, "--data", str(tmp_path / "data")),
            DATABASE_URL=own_database,
            REDIS_URL="redis://127.0.0.1:1",
        )

    folder, key = tmp_path / "lpdc", tmp_path / "key"
    folder.mkdir()
    key.write_text("geheim\n")
    (folder / "page.json").write_text(json.dumps(page("urn:stream", [snapshot(1), snapshot(2, naam={})])))
    added = sources("add", "lpdc", f"file://{folder}", "--every", "30", "--api-key-file", str(key))
    assert added.code == 0, added.err
    assert "30 min" in added.out
    assert "geheim" not in added.out
    again = sources("add", "lpdc", "ftp://x")
    assert (again.code, "Traceback" in again.err) == (2, False)
    twin = sources("add", "lpdc", f"file://{folder}")
    assert (twin.code, twin.err) == (2, "onthaal: There is already one with the same name.\n")
    ran = sources("run", "lpdc", "--full")
    assert ran.code == 0, ran.err
    assert "refused urn:snapshot:2: no name in any language" in ran.out
    again = sources("run", "lpdc")
    assert (again.code, again.out.splitlines()[0].partition(":")[0]) == (0, "full"), again.err
    assert "no" in sources("change", "lpdc", "--inactive", "--no-api-key").out.split()
    listed = sources("list").out
    assert "ok" in listed.split()
    missing = sources("run", "bestaat-niet")
    assert (missing.code, missing.err.strip()) == (2, "onthaal: No such source.")


def test_a_glob_of_several_streams_is_a_catalogue_each(own_database: str, tmp_path: Path) -> None:
    def import_(source: str, *options: str) -> Outcome:
        return onthaal(
            *("catalogue", "import", source, *options, "--data", str(tmp_path / "data")),
            DATABASE_URL=own_database,
            REDIS_URL="redis://127.0.0.1:1",
        )

    pages = {
        "a-0": page("urn:a?0", [snapshot(1)], "urn:a?1"),
        "a-1": page("urn:a?1", [snapshot(2)]),
        "b-0": page("urn:b?0", [snapshot(3)]),
    }
    for name, content in pages.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    first = import_(str(tmp_path / "a-0.json"))
    assert first.out.split()[5:] == ["2", "0", "0", "0", "0"]
    every = import_(f"{tmp_path}/*.json")
    assert every.code == 0, every.err
    lines = every.out.splitlines()
    assert [line.strip() for line in lines if line.startswith("urn:")] == ["urn:a:", "urn:b:"]
    assert [line.split() for line in lines if line[:1].isdigit()] == [
        ["0", "0", "2", "0", "0"],
        ["1", "0", "0", "0", "0"],
    ]
    (tmp_path / "c.json").write_text("{")
    broken = import_(f"{tmp_path}/*.json")
    assert broken.code == 1
    assert broken.err.count("not every page could be read: nothing was withdrawn") == 2
    (tmp_path / "c.json").unlink()
    together = import_(f"{tmp_path}/*.json", "--name", "alles")
    assert together.code == 0, together.err
    assert ["3", "0", "0", "0", "0"] in [line.split() for line in together.out.splitlines()]
    assert "notice urn:a: this other catalogue has 2 of these products too, such as urn:product:1" in together.out
