from datetime import UTC, datetime

import pytest

from backend.notifications.rules import day_in_words, deadline_in_words, period_in_words


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 11, 23, 16, 0, tzinfo=UTC), "maandag 23 november 2026, vóór 17 uur"),
        (datetime(2026, 7, 1, 10, 30, tzinfo=UTC), "woensdag 1 juli 2026, vóór 12.30 uur"),
        (datetime(2026, 3, 29, 7, 5, tzinfo=UTC), "zondag 29 maart 2026, vóór 9.05 uur"),
        (datetime(2026, 12, 31, 23, 0, tzinfo=UTC), "donderdag 31 december 2026, vóór middernacht"),
        (datetime(2026, 12, 31, 23, 0, 59, tzinfo=UTC), "donderdag 31 december 2026, vóór middernacht"),
    ],
)
def test_a_deadline_in_words(moment: datetime, words: str) -> None:
    assert deadline_in_words(moment) == words


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        (datetime(2026, 11, 30, 9, 0, tzinfo=UTC), datetime(2026, 11, 30, 9, 30, tzinfo=UTC),
         "maandag 30 november 2026, van 10 uur tot 10.30 uur"),
        # the clock goes back at three in the night: 90 minutes from 2.30 to 3 o'clock
        (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 2, 0, tzinfo=UTC),
         "zondag 25 oktober 2026, van 2.30 uur tot 3 uur"),
        (datetime(2026, 11, 30, 22, 0, tzinfo=UTC), datetime(2026, 11, 30, 23, 30, tzinfo=UTC),
         "maandag 30 november 2026, van 23 uur tot dinsdag 1 december 2026, 0.30 uur"),
    ],
)  # fmt: skip
def test_a_period_in_words(start: datetime, end: datetime, words: str) -> None:
    assert period_in_words(start, end) == words


def test_a_day_is_the_day_in_brussels() -> None:
    assert day_in_words(datetime(2026, 12, 31, 23, 30, tzinfo=UTC)) == "vrijdag 1 januari 2027"


def test_every_month_and_day_has_its_name() -> None:
    words = [day_in_words(datetime(2026, month, month, 12, tzinfo=UTC)).split() for month in range(1, 13)]
    months = "januari februari maart april mei juni juli augustus september oktober november december"
    assert " ".join(word[2] for word in words) == months
    week = [day_in_words(datetime(2026, 11, day, 12, tzinfo=UTC)).split()[0] for day in range(23, 30)]
    assert " ".join(week) == "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"
