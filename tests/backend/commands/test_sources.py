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
    ran = sources("run", "lpdc", "--full")
    assert ran.code == 0, ran.err
    assert "refused urn:snapshot:2: no name in any language" in ran.out
    assert "no" in sources("change", "lpdc", "--inactive", "--no-api-key").out.split()
    listed = sources("list").out
    assert "ok" in listed.split()
    missing = sources("run", "bestaat-niet")
    assert (missing.code, missing.err.strip()) == (2, "onthaal: No such source.")
