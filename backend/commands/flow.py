"""`onthaal flow`: proofs of guided questions, from files; needs no server and no database."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from backend.commands.options import configured, data_option, need

if TYPE_CHECKING:
    from backend.assistant.proof.rules import Report


@click.group
def flow() -> None:
    """Guided questions: prove a flow before people take it."""


@flow.command
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="The day of walks and tests of a flow that names none itself; default: today.",
)
def check(files: tuple[Path, ...], day: datetime | None) -> None:
    """Prove the flows in FILES: every fault, the named tests, and what walks reach.

    Prints one line of JSON per file, and one with the totals at the end. Exits with 0 only when there is no fault,
    every named test passes and everything is reached.
    """
    from time import perf_counter

    started = perf_counter()
    today = day.date() if day else date.today()  # noqa: DTZ011 a calendar day on this machine
    proved = covered = 0
    totals = dict.fromkeys(("findings", "tests", "testsFailed"), 0)
    for file in files:
        report, line = _checked(file, today)
        _print(line)
        proved += report.proved
        covered += bool(report.coverage and report.coverage.full)
        totals["findings"] += len(report.findings)
        totals["tests"] += len(report.tests)
        totals["testsFailed"] += sum(not test.passed for test in report.tests)
    _print(
        {
            "files": len(files),
            **totals,
            "covered": covered,
            "proved": proved,
            "seconds": round(perf_counter() - started, 3),
        }
    )
    if proved < len(files):
        sys.exit(1)


@flow.command("import")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@data_option
def import_(files: tuple[Path, ...], data: Path) -> None:
    """Make a draft of each flow in FILES, or of none; a colleague submits and another publishes it."""
    from backend.commands.flows import import_files

    settings = configured(data)
    need(settings, "database_url")
    for line in import_files(settings, files):
        click.echo(line)


@flow.command
def schema() -> None:
    """Print the format of a flow as JSON Schema 2020-12."""
    from backend.assistant.proof.rules import flow_schema
    from backend.commands.openapi import as_text

    click.echo(as_text(flow_schema()), nl=False)


def _checked(file: Path, today: date) -> "tuple[Report, dict[str, Any]]":
    """The proof of one file and its line; a file that cannot be read is a fault like any other."""
    from time import perf_counter

    from backend.assistant.proof.rules import FlowFinding, Report, check

    started = perf_counter()
    content = b""
    try:
        content = file.read_bytes()
    except OSError as error:
        said = f"Dit bestand kan niet gelezen worden: {error.strerror or error}."
        report = Report(findings=[FlowFinding(code="schema", message=said)], remarks=[], tests=[])
    else:
        report = check(content, today=today)
    line = {"file": str(file), **_named(content), "proved": report.proved}
    seconds = round(perf_counter() - started, 3)
    return report, {**line, **_plain(report), "seconds": seconds}


def _named(content: bytes) -> dict[str, Any]:
    """Which flow and version it says that it is."""
    import json

    try:
        document = json.loads(content)
    except (ValueError, RecursionError):
        document = None
    found = document if isinstance(document, dict) else {}
    return {name: found.get(name) for name in ("flow", "version")}


def _plain(report: "Report") -> dict[str, Any]:
    """A report with every property, also the empty ones: programs read it."""
    import msgspec

    found = msgspec.to_builtins(report)
    empty: dict[str, Any] = {"findings": [], "remarks": [], "tests": [], "coverage": None}
    return {**empty, **found}


def _print(line: dict[str, Any]) -> None:
    import json

    click.echo(json.dumps(line, ensure_ascii=False))
