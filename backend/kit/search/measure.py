"""Measures an engine against graded queries: one function, the figures of the benchmark."""

from collections import defaultdict
from collections.abc import Sequence
from math import log2
from statistics import fmean, quantiles
from time import perf_counter
from typing import Any

from backend.kit.search.port import SearchPort

_FIGURES = (
    *("ndcg10", "mrr", "success1", "success3", "success5", "zeroShare"),
    *("typed40", "typed60", "typed80", "falseAnswers"),
)
_GOOD = 2
"""From this grade on a document answers the query."""


def ndcg(grades: Sequence[int], ideal: Sequence[int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain (gain 2^grade - 1) of the grades in result order: 0 to 1."""
    best = _gain(sorted(ideal, reverse=True)[:depth])
    return _gain(grades[:depth]) / best if best else 0.0


def measure(engine: SearchPort, golden: list[dict[str, Any]]) -> dict[str, Any]:
    """Run graded queries `{query, kind, relevant: {id: grade 0-3}}` through an engine.

    A query without a relevant document counts only for `falseAnswers` (share that got hits). Success at k:
    a document of grade 2 or 3 among the first k. `typed60`: success at 3 with the first 60 % of the letters.
    Times in milliseconds, of every search of this run.
    """
    times: list[float] = []
    figures: dict[str, list[float]] = {name: [] for name in _FIGURES}
    kinds: dict[str, list[float]] = defaultdict(list)
    for case in golden:
        grades_of: dict[str, int] = case["relevant"]
        found = _run(engine, case["query"], times)
        if not any(grades_of.values()):
            figures["falseAnswers"].append(bool(found))
            continue
        grades = [grades_of.get(name, 0) for name in found]
        value = ndcg(grades, list(grades_of.values()))
        figures["ndcg10"].append(value)
        kinds[case["kind"]].append(value)
        first = next((rank for rank, grade in enumerate(grades, 1) if grade >= _GOOD), None)
        figures["mrr"].append(1 / first if first else 0.0)
        figures["zeroShare"].append(not found)
        for depth in (1, 3, 5):
            figures[f"success{depth}"].append(first is not None and first <= depth)
        for share in (40, 60, 80):
            typed = case["query"][: max(1, round(len(case["query"]) * share / 100))]
            early = [grades_of.get(name, 0) for name in _run(engine, typed, times)[:3]]
            figures[f"typed{share}"].append(any(grade >= _GOOD for grade in early))
    cuts = quantiles(times, n=100) if len(times) > 1 else [0.0] * 99
    return {
        **{name: round(fmean(values), 4) if values else 0.0 for name, values in figures.items()},
        "p50Ms": round(cuts[49] * 1000, 3),
        "p95Ms": round(cuts[94] * 1000, 3),
        "n": len(golden),
        "kinds": {kind: round(fmean(values), 4) for kind, values in sorted(kinds.items())},
    }


def _run(engine: SearchPort, query: str, times: list[float]) -> list[str]:
    started = perf_counter()
    result = engine.search(query, limit=10)
    times.append(perf_counter() - started)
    return [hit.id for hit in result.hits]


def _gain(grades: Sequence[int]) -> float:
    return sum((float(2**grade) - 1) / log2(rank + 1) for rank, grade in enumerate(grades, 1))
