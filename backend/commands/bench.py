"""`onthaal bench`: hands over to `scripts/bench`."""

import os
import sys

import rich_click as click

from backend.commands.failures import Refused
from backend.commands.options import ROOT

SCRIPT = ROOT / "scripts" / "bench"


@click.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def bench(arguments: tuple[str, ...]) -> None:
    """Measure a running installation (arguments go to `scripts/bench`; `onthaal bench --help` tells them)."""
    if not SCRIPT.exists():
        raise Refused(f"{SCRIPT} is not there: benches come with a checkout")
    sys.stdout.flush()
    os.execv(SCRIPT, [str(SCRIPT), *arguments])  # noqa: S606 our own script, no shell
