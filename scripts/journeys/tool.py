"""The command line program `onthaal` of this checkout."""

import subprocess
import sys
from pathlib import Path

from scripts.journeys.report import Deviation

PROGRAM = Path(sys.executable).with_name("onthaal")
SECONDS = 60


def onthaal(*words: str, data: Path) -> str:
    """Run it and give what it printed.

    Args:
        words: command and arguments.
        data: value of `--data`.

    Raises:
        Deviation: it failed, or took longer than a minute.
    """
    called = " ".join(("onthaal", *words))
    try:
        done = subprocess.run(
            [PROGRAM, *words, "--data", data], capture_output=True, text=True, timeout=SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Deviation(f"`{called}` lukte niet: {error}") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"code {done.returncode}"]
        raise Deviation(f"`{called}` lukte niet: {lines[-1]}")
    return done.stdout
