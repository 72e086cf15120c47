"""What may not be in the repository: addresses of package registries, and files of ../shared."""

import hashlib
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT

SHARED = ROOT.parent / "shared"
SMALL = 64
"""Bytes; an empty __init__.py is nobody's."""
ADDRESS = re.compile(
    rb"https?://[^\s\"'<>]*(?:pypi\.|pythonhosted|/simple(?:/|\b)|npmjs|yarnpkg|artifactory|nexus|/wheels?/|registry\.)"
    rb"|^\s*(?:--)?(?:extra-)?(?:index-url|find-links|trusted-host)\b",
    re.IGNORECASE | re.MULTILINE,
)


def _files() -> Iterator[Path]:
    """Every file that git tracks or would add; all of them where this is no clone."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode == 0:
        found = [ROOT / entry.decode() for entry in done.stdout.split(b"\0") if entry]
    else:
        found = [path for path in ROOT.rglob("*") if not {".venv", ".git"} & {*path.relative_to(ROOT).parts}]
    yield from (path for path in found if path.is_file() and not path.is_symlink())


def test_no_address_of_a_registry_is_committed() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0].decode()}"
        for path in _files()
        if path != Path(__file__) and (match := ADDRESS.search(path.read_bytes()))
    ]
    assert not found, f"which registry is used is a choice of the machine, not of the project: {found}"


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs ../shared, which only the team has")
def test_no_file_of_shared_is_copied() -> None:
    theirs = {
        hashlib.sha256(path.read_bytes()).digest(): path
        for path in SHARED.rglob("*")
        if path.is_file() and path.stat().st_size > SMALL
    }
    copied = [
        f"{path.relative_to(ROOT)} is {theirs[digest]}"
        for path in _files()
        if (digest := hashlib.sha256(path.read_bytes()).digest()) in theirs
    ]
    assert theirs
    assert not copied, f"read them where they are, in tests only: {copied}"
