from datetime import UTC, datetime, timedelta

import pytest

from backend.kit.clock import BRUSSELS, Clock, FixedClock, SystemClock, as_utc


def test_the_system_clock_is_aware_and_runs_forward() -> None:
    clock: Clock = SystemClock()
    first, second = clock.now(), clock.now()
    assert first.utcoffset() == timedelta(0)
    assert first.tzinfo is UTC
    assert first <= second
    assert abs(second - datetime.now(BRUSSELS)) < timedelta(seconds=5)


def test_a_fixed_clock_stands_still_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 3, 29, 1, 59, tzinfo=BRUSSELS))
    assert clock.now() == clock.now() == datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    moved = clock.advance(timedelta(minutes=1))
    assert moved == clock.now()
    # one real minute later the local clock has jumped from 02:00 to 03:00
    assert clock.now().astimezone(BRUSSELS).strftime("%H:%M") == "03:00"
    clock.advance(timedelta(minutes=-1))
    assert clock.now() == datetime(2026, 3, 29, 0, 59, tzinfo=UTC)
    assert "2026-03-29T00:59" in repr(clock)


def test_a_moment_without_zone_is_refused() -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001 - exactly what must be refused
    with pytest.raises(ValueError, match="time zone"):
        FixedClock(naive)
    with pytest.raises(ValueError, match="time zone"):
        as_utc(naive)
