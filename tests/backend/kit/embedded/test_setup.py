"""The shell scripts `up` and `test`, with a Python that notes what it is asked instead of installing for a minute."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[4]
PYTHON = f"""#!/bin/sh
case "$*" in
    *ensurepip*) exit ${{NO_ENSUREPIP:-0}} ;;
    *fcntl*) exec {sys.executable} "$@" ;;
    "-m venv --clear "*)
        echo venv >>"$NOTES"
        rm -rf "$4"; mkdir -p "$4/bin"; cp "$0" "$4/bin/python" ;;
    "-m pip --version") ;;
    "-m pip "*)
        echo "$*" | sed 's/.*install //' >>"$NOTES"
        [ -z "${{BREAK:-}}" ] || kill -9 $PPID
        printf '#!/bin/sh\\necho "onthaal $*"\\n' >"${{0%/*}}/onthaal"; chmod +x "${{0%/*}}/onthaal" ;;
    "-m pytest "*) echo "$*" ;;
esac
"""


class Checkout:
    """A checkout in a folder with a space, and a PATH that holds little else than our Python."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "check out"
        self.notes = folder / "notes"
        self.programs = folder / "bin"
        self.programs.mkdir()
        for name in ("sh", "cat", "cksum", "cp", "chmod", "dirname", "mkdir", "rm", "sed"):
            (self.programs / name).symlink_to(str(shutil.which(name)))
        self.python = self.programs / "python3.12"
        self.python.write_text(PYTHON)
        self.python.chmod(0o755)
        (self.root / "scripts").mkdir(parents=True)
        for name in ("setup", "up", "test"):
            shutil.copy(ROOT / "scripts" / name, self.root / "scripts" / name)
        for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
            (self.root / name).write_text(name)

    def run(self, script: str, *arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
        self.notes.write_text("")
        return subprocess.run(
            [self.root / "scripts" / script, *arguments],
            env={"PATH": str(self.programs), "NOTES": str(self.notes), **env},
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )

    def noted(self) -> list[str]:
        return self.notes.read_text().replace(str(self.root), "ROOT").splitlines()


RUNTIME = [
    "--no-deps --require-hashes -r ROOT/requirements.lock",
    "--no-deps --no-build-isolation -e ROOT",
]
DEV = ["--no-deps --require-hashes -r ROOT/requirements-dev.lock", RUNTIME[1]]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_up_installs_once_and_again_when_the_lock_changed(checkout: Checkout) -> None:
    done = checkout.run("up", "--data", "a b")
    assert (done.returncode, done.stdout) == (0, "onthaal up --data a b\n")
    assert checkout.noted() == ["venv", *RUNTIME]
    assert checkout.run("up").stdout == "onthaal up\n"
    assert checkout.noted() == []
    (checkout.root / "requirements.lock").write_text("changed")
    checkout.run("up")
    assert checkout.noted() == RUNTIME


def test_what_test_installed_is_enough_for_up_and_stays(checkout: Checkout) -> None:
    assert checkout.run("test", "-k", "a b").stdout == "-m pytest -n auto --dist worksteal -k a b\n"
    assert checkout.noted() == ["venv", *DEV]
    checkout.run("up")
    assert checkout.noted() == []
    checkout.run("test")
    assert checkout.noted() == []


def test_an_interrupted_or_copied_installation_is_done_from_scratch(checkout: Checkout) -> None:
    assert checkout.run("up", BREAK="1").returncode == -9
    checkout.run("up")
    assert checkout.noted() == ["venv", *RUNTIME]
    copy = checkout.root.with_name("copy")
    shutil.copytree(checkout.root, copy)
    checkout.root = copy
    checkout.run("up")
    assert checkout.noted() == ["venv", *RUNTIME]


def test_two_at_once_install_once(checkout: Checkout) -> None:
    checkout.notes.write_text("")
    env = {"PATH": str(checkout.programs), "NOTES": str(checkout.notes)}
    both = [subprocess.Popen([checkout.root / "scripts" / "up"], env=env, stdout=-1, stderr=-1) for _ in range(2)]
    assert [process.communicate()[0] for process in both] == [b"onthaal up\n"] * 2
    assert checkout.noted() == ["venv", *RUNTIME]


def test_without_a_python_or_without_venv_there_is_one_clear_message(checkout: Checkout) -> None:
    done = checkout.run("up", NO_ENSUREPIP="1")
    assert done.returncode == 2
    assert done.stderr.startswith("onthaal: python3.12 cannot make virtual environments.\n")
    assert "apt install python3-venv" in done.stderr
    checkout.python.unlink()
    done = checkout.run("test")
    assert done.returncode == 2
    assert done.stderr.startswith("onthaal: Python 3.11 or newer is needed and was not found")


def test_a_checkout_where_nothing_can_be_made_gets_one_line(checkout: Checkout) -> None:
    (checkout.root / ".venv").write_text("in the way, for root too")
    done = checkout.run("up")
    assert done.returncode == 2
    assert done.stderr == f"onthaal: cannot write in {checkout.root}, where .venv has to be made.\n"
