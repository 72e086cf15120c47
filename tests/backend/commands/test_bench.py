import subprocess
import sys
from pathlib import Path

from backend.commands.bench import SCRIPT
from tests.backend.commands.program import environment

CODE = """
import sys
from pathlib import Path
from backend.commands import bench
bench.SCRIPT = Path(sys.argv.pop(1))
bench.bench.main(prog_name="onthaal bench")
"""


def test_every_argument_reaches_the_script(tmp_path: Path) -> None:
    """Another script in its place: the real one measures for minutes."""
    script = tmp_path / "bench"
    script.write_text('#!/bin/sh\nprintf "<%s>" "$@"\nexit 7\n')
    script.chmod(0o755)
    command = [sys.executable, "-c", CODE, str(script), "register", "--clients", "8", "--help"]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=20)
    assert (done.stdout, done.returncode) == ("<register><--clients><8><--help>", 7), done.stderr


def test_the_script_is_there() -> None:
    assert SCRIPT.stat().st_mode & 0o100
