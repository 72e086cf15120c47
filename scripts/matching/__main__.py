"""Learn the weights: `scripts/train-matching DRAW...` writes `backend/crm/matching/data/weights.json`."""

import multiprocessing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import rich_click as click

from scripts.matching.base import Base, nice
from scripts.matching.draw import rows
from scripts.matching.fit import CERTAIN, CONSTANT, SIZE, Example, Examples, example
from scripts.matching.organisations import draw

WEIGHTS = Path(__file__).parents[2] / "backend" / "crm" / "matching" / "data" / "weights.json"
CHUNK = 500
ORGANISATIONS = 3000
_HELD: dict[str, Any] = {}
"""What the worker processes, which are forks, find in their memory."""


def _work(part: tuple[int, int]) -> list[Example]:
    return [example(_HELD["base"], _HELD["places"], row) for row in _HELD["queries"][part[0] : part[1]]]


def gather(examples: Examples, base: Base, queries: Sequence[dict[str, Any]]) -> None:
    """Add what the queries find in a base."""
    _HELD.update(base=base, queries=queries, places={pid: place for place, pid in enumerate(base.ids)})
    parts = [(start, start + CHUNK) for start in range(0, len(queries), CHUNK)]
    with multiprocessing.get_context("fork").Pool(2) as pool:
        for found in pool.imap(_work, parts):
            examples.add(found)


@click.command()
@click.argument("draws", nargs=-1, required=True, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--most", default=12_000, help="Queries of each draw at most.")
@click.option("--version", default=1, help="Number of these weights.")
@click.option("--out", default=WEIGHTS, type=click.Path(dir_okay=False, path_type=Path))
def main(draws: Sequence[Path], most: int, version: int, out: Path) -> None:
    """Learn from draws of the shared generator (folders with profiles.jsonl and queries.jsonl; seeds below 500).

    Draws of several sizes teach how much evidence a bigger base asks for. To each, organisations are added in a base
    of their own.
    """
    nice()
    people, organisations, told = Examples(), Examples(), []
    for place, folder in enumerate(draws):
        queries = list(rows(folder / "queries.jsonl"))
        queries = [queries[number] for number in range(0, len(queries), max(1, len(queries) // most))]
        gather(people, Base(rows(folder / "profiles.jsonl")), queries)
        told.append(f"{folder.name} ({len(queries)} queries)")
        click.echo(f"{told[-1]}: {people.number} candidates so far")
        some = [row for _, row in zip(range(20_000), rows(folder / "profiles.jsonl"), strict=False)]
        held, asked = draw(ORGANISATIONS * (place + 1), place, some, ORGANISATIONS)
        gather(organisations, Base(held), asked)
    weights = people.fit({})
    weights |= organisations.fit({name: weights[name] for name in (SIZE, CONSTANT)})
    made = f"conditional logit on {', '.join(told)}; organisations on {len(draws)} draws of their own"
    learned = {"version": version, "made": made, "weights": dict(sorted({**weights, **CERTAIN}.items()))}
    out.write_bytes(msgspec.json.format(msgspec.json.encode(learned), indent=1) + b"\n")
    click.echo(f"{len(weights)} weights written to {out}")


if __name__ == "__main__":
    main()
