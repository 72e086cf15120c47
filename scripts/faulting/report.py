"""The outcome of a trial as a table."""

from bisect import bisect_left
from collections.abc import Iterable
from itertools import pairwise
from statistics import median

import msgspec

from tests.reliability.evidence import Kind, Violation
from tests.reliability.storm import Strike
from tests.reliability.trial import Outcome

HEAD = (
    *("fault", "times", "acknowledged", "lost", "duplicated", "log gaps", "other"),
    *("recovery p50 (s)", "recovery max (s)", "longest silence (s)"),
)


class Line(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One kind of fault.

    Attributes:
        acknowledged: questions acknowledged from the moment it struck until the next fault.
        other: 5xx that is no 503, an answer that is not what it should be, something incomplete.
        recovery: seconds from the end of the fault to the first acknowledgement of a call made since, one per time.
        silence: longest time (s) without an acknowledged call.
    """

    fault: str
    times: int
    acknowledged: int
    lost: int
    duplicated: int
    log_gaps: int
    other: int
    recovery: list[float]
    silence: float


class Window(msgspec.Struct, frozen=True, kw_only=True):
    """What belongs to a strike: until the next one."""

    strike: Strike
    until: float


def lines(outcome: Outcome) -> list[Line]:
    """One per kind of fault, by name; what belongs to none (before the first fault, or no moment known) is the last."""
    ends = [strike.began for strike in outcome.strikes[1:]] + [float("inf")]
    windows = [Window(strike=strike, until=end) for strike, end in zip(outcome.strikes, ends, strict=True)]
    kinds = sorted({strike.fault for strike in outcome.strikes})
    found = [_line(outcome, kind, [window for window in windows if window.strike.fault == kind]) for kind in kinds]
    first = outcome.strikes[0].began if outcome.strikes else float("inf")
    none = [violation for violation in outcome.violations if violation.at < first]
    before = bisect_left(outcome.acknowledged, first)
    return [*found, _counted("none", 0, before, none, [], 0.0)]


def _line(outcome: Outcome, kind: str, windows: list[Window]) -> Line:
    violations = [
        violation
        for window in windows
        for violation in outcome.violations
        if window.strike.began <= violation.at < window.until
    ]
    acknowledged = sum(len(_between(outcome.acknowledged, window)) for window in windows)
    recovery = [seconds for window in windows if (seconds := _recovery(outcome, window)) is not None]
    answers = [at for at, _ in outcome.answers]
    silence = max(_silence(_between(answers, window)) for window in windows)
    return _counted(kind, len(windows), acknowledged, violations, recovery, silence)


def _counted(
    kind: str, times: int, acknowledged: int, violations: Iterable[Violation], recovery: list[float], silence: float
) -> Line:
    kinds: list[Kind] = [violation.kind for violation in violations]
    return Line(
        fault=kind,
        times=times,
        acknowledged=acknowledged,
        lost=kinds.count("lost"),
        duplicated=kinds.count("duplicated"),
        log_gaps=kinds.count("logGap"),
        other=kinds.count("incomplete") + kinds.count("answer"),
        recovery=recovery,
        silence=silence,
    )


def _between(moments: list[float], window: Window) -> list[float]:
    return moments[bisect_left(moments, window.strike.began) : bisect_left(moments, window.until)]


def _recovery(outcome: Outcome, window: Window) -> float | None:
    """By a call that began after the end of the fault; None: the run ended before one was acknowledged."""
    ended = window.strike.ended
    after = outcome.answers[bisect_left(outcome.answers, (ended,)) :]
    return next((round(at - ended, 3) for at, seconds in after if at - seconds >= ended), None)


def _silence(moments: list[float]) -> float:
    return round(max((later - earlier for earlier, later in pairwise(moments)), default=0.0), 3)


def table(found: Iterable[Line]) -> str:
    """Markdown, with a line of sums."""
    found = list(found)
    rows = [HEAD, ("---", *("---:" for _ in HEAD[1:])), *(_row(line) for line in found)]
    seconds = [second for line in found for second in line.recovery]
    sums = [
        sum(getattr(line, name) for line in found)
        for name in ("times", "acknowledged", "lost", "duplicated", "log_gaps", "other")
    ]
    rows.append(("**all**", *map(_number, sums), *_spread(seconds), f"{max(line.silence for line in found):.1f}"))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(line: Line) -> tuple[str, ...]:
    counts = (line.times, line.acknowledged, line.lost, line.duplicated, line.log_gaps, line.other)
    return (line.fault, *map(_number, counts), *_spread(line.recovery), f"{line.silence:.1f}")


def _number(value: int) -> str:
    return f"{value:,}".replace(",", " ")


def _spread(seconds: list[float]) -> tuple[str, str]:
    return (f"{median(seconds):.2f}", f"{max(seconds):.2f}") if seconds else ("", "")
