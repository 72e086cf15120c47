"""`scripts/faults`: a load, faults, a table; exit code 1 when anything was lost, double, or not in the log."""

import asyncio
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from random import Random

import click
import msgspec

from scripts.benchmarks.machine import commit, machine
from scripts.faulting.report import lines, table
from tests.reliability.faults import FAULTS, Fault
from tests.reliability.storm import Load, Weather
from tests.reliability.trial import Outcome, trial

WEATHER = Weather(calm=(0.5, 4.0))


def plan(seed: int, seconds: float) -> Iterator[Fault]:
    """Every kind of fault once, in random order, again and again until the time is over; the first round is whole."""
    draw, end = Random(f"plan {seed}"), time.monotonic() + seconds
    for turn in count():
        for fault in draw.sample(FAULTS, len(FAULTS)):
            if turn and time.monotonic() > end:
                return
            yield fault


@click.command()
@click.option("--minutes", default=30.0, help="How long faults strike; a round of every kind takes about four.")
@click.option("--seed", type=int, help="Repeats the faults of an earlier run; by default another one each time.")
@click.option("--clients", default=8, help="How many register at the same time.")
@click.option("--pause", default=0.25, help="Seconds of a client between two customers.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Also write everything to this file.")
def main(minutes: float, seed: int | None, clients: int, pause: float, file: Path | None) -> None:
    """Strike a platform of its own with faults under load; print the table.

    The platform has two API and two worker processes, PostgreSQL (durable), Redis (keeps nothing) and mail servers
    that misbehave. The search engine is the embedded one: no Meilisearch that could go away.
    """
    seed = Random().randrange(1_000_000) if seed is None else seed
    began = time.monotonic()
    load = Load(mark="storm", clients=clients, pause=pause)

    def say(line: str) -> None:
        click.echo(f"{time.monotonic() - began:7.1f} s  {line}", err=True)

    say(f"seed {seed}")
    outcome = asyncio.run(trial(plan(seed, minutes * 60), seed, load, WEATHER, say))
    found = lines(outcome)
    click.echo(table(found))
    click.echo(f"\n{verdict(outcome, seed)}")
    for violation in outcome.violations[:50]:
        click.echo(f"- {violation.kind}: {violation.what}")
    if file is not None:
        whole = {"seed": seed, "commit": commit(), "machine": machine(), "lines": found, "outcome": outcome}
        file.write_bytes(msgspec.json.format(msgspec.json.encode(whole)))
    sys.exit(1 if outcome.violations else 0)


def verdict(outcome: Outcome, seed: int) -> str:
    """What the run proves, in words."""
    acknowledged, kinds = len(outcome.acknowledged), [violation.kind for violation in outcome.violations]
    lost, duplicated = kinds.count("lost"), kinds.count("duplicated")
    bound = f"; 0 of N: 95 % upper bound 3/{acknowledged} = {3 / acknowledged:.6f}" if not (lost or duplicated) else ""
    statuses = ", ".join(f"{status or 'no answer'}: {times}" for status, times in outcome.statuses.items())
    drain = outcome.drain
    return (
        f"{len(outcome.strikes)} faults, {acknowledged} questions acknowledged, {lost} lost, {duplicated} duplicated"
        f"{bound}.\n"
        f"Calls by status: {statuses}; {outcome.given_up} given up; {outcome.mails} mails kept.\n"
        f"The outbox was empty {drain.seconds} s after the last recovery ({drain.postponed} waited for a later try, "
        f"which was brought forward). Seed {seed}, commit {commit()}, {machine()}."
    )


if __name__ == "__main__":
    main()
