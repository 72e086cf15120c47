"""The key file: what is in it, noticing a change, replacing it whole."""

import json
import os
import tempfile
import threading
from pathlib import Path

import pytest

from backend.kit.crypto import KeyRing, KeyRingInvalid
from backend.kit.keyfile import KeyFile
from backend.kit.keys import write_secret

NOBODY = 65534


@pytest.fixture
def file(tmp_path: Path) -> KeyFile:
    path = tmp_path / "keys" / "keyring.json"
    write_secret(path, KeyRing.generate().to_json())
    return KeyFile(path)


def test_the_file_says_which_version_writes(file: KeyFile) -> None:
    ring = file.change(lambda ring: ring.added())
    assert (ring.versions, ring.writes, ring.highest) == ((2, 1), 1, 2)
    assert json.loads(file.path.read_bytes())["writes"] == 1
    assert file.change(lambda ring: ring.writing(2)).writes == 2
    assert file.change(lambda ring: ring.without(1)).versions == (2,)
    content = json.loads(file.path.read_bytes())
    del content["writes"]
    content["keys"] += json.loads(KeyRing.generate().to_json())["keys"]
    assert KeyRing.from_json(json.dumps(content).encode()).writes == 2, "without `writes` the newest version writes"


@pytest.mark.parametrize("writes", [0, 3, "1", 1.5])
def test_a_version_that_is_not_there_cannot_write(file: KeyFile, writes: object) -> None:
    content = json.loads(file.path.read_bytes()) | {"writes": writes}
    with pytest.raises(KeyRingInvalid):
        KeyRing.from_json(json.dumps(content).encode())
    with pytest.raises(KeyRingInvalid):
        file.change(lambda ring: ring.without(1))
    assert file.read().versions == (1,), "nothing was changed"


def test_a_change_is_told_once(file: KeyFile) -> None:
    file.read()
    assert file.news() is None
    KeyFile(file.path).change(lambda ring: ring.added())
    found = file.news()
    assert found is not None
    assert found.versions == (2, 1)
    assert file.news() is None


def test_rights_stay_and_nothing_is_left_behind(file: KeyFile) -> None:
    file.path.chmod(0o646)
    file.path.with_name(".keyring.json.new").write_text("of an edit that was killed")
    file.change(lambda ring: ring.added())
    assert file.path.stat().st_mode & 0o777 == 0o640
    file.path.chmod(0o400)
    file.change(lambda ring: ring.added())
    assert file.path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in file.path.parent.iterdir()] == ["keyring.json"]


def test_a_link_stays_a_link(file: KeyFile, tmp_path: Path) -> None:
    link = tmp_path / "mounted.json"
    link.symlink_to(file.path)
    KeyFile(link).change(lambda ring: ring.added())
    assert link.is_symlink()
    assert file.read().versions == (2, 1)


def test_edits_at_the_same_time_follow_each_other(file: KeyFile) -> None:
    threads = [threading.Thread(target=lambda: KeyFile(file.path).change(lambda ring: ring.added())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert file.read().versions == tuple(range(9, 0, -1))


def test_an_edit_that_fails_changes_nothing(file: KeyFile) -> None:
    before = file.path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        file.change(lambda ring: ring.writing(1 // 0))
    file.path.with_name(".keyring.json.new").mkdir()
    with pytest.raises(OSError, match=r"directory|permitted"):
        file.change(lambda ring: ring.added())
    assert file.path.read_bytes() == before


@pytest.mark.skipif(os.getuid() != 0, reason="only an administrator can become somebody else")
def test_somebody_who_may_not_write_changes_nothing() -> None:
    with tempfile.TemporaryDirectory(prefix="onthaal-keys-") as folder:
        file = KeyFile(Path(folder) / "keyring.json")
        write_secret(file.path, KeyRing.generate().to_json())
        file.path.chmod(0o644)
        file.path.parent.chmod(0o755)
        os.seteuid(NOBODY)
        try:
            with pytest.raises(PermissionError):
                file.change(lambda ring: ring.added())
        finally:
            os.seteuid(0)
        assert file.read().versions == (1,)


@pytest.mark.skipif(os.getuid() != 0, reason="only an administrator can give files to somebody else")
def test_the_owner_stays_the_owner(file: KeyFile) -> None:
    os.chown(file.path, NOBODY, NOBODY)
    file.change(lambda ring: ring.added())
    found = file.path.stat()
    assert (found.st_uid, found.st_gid) == (NOBODY, NOBODY)
