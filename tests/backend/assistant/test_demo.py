"""The flows of the demo city keep to what they say: whole months, and only languages in which they can be taken."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest

from backend.assistant.rules import compiled, decode, flow_languages, replay
from tests.backend.assistant.flows import DEMO

TRIP = {"land": "us", "reiziger": "volwassene", "nationaliteit": "be", "woonland": "be", "extra": ["niets"]}
LETTER = {"vandaag": "nee", "postcode": "9999", "taal": "nl", "rekening": "stad", "soort": "belasting"}


def texts(part: Any) -> Iterator[dict[str, str]]:
    """Every text that is there in more languages than one."""
    if isinstance(part, dict):
        if "nl" in part:
            yield part
        for below in part.values():
            yield from texts(below)
    elif isinstance(part, tuple | list):
        for below in part:
            yield from texts(below)


@pytest.mark.parametrize("path", DEMO, ids=[path.stem for path in DEMO])
def test_a_translation_is_whole_or_nobody_would_see_it(path: Path) -> None:
    flow = decode(path.read_bytes())
    offered = set(flow_languages(flow))
    assert all(set(text) == offered for text in texts(msgspec.to_builtins(flow)))


@pytest.mark.parametrize(
    ("slug", "day", "answers", "outcome"),
    [
        (  # 1 July to 31 December are 183 days, and no six months
            "papieren-voor-je-reis",
            "2027-06-01",
            {**TRIP, "vertrek": "2027-07-01", "terug": "2027-07-09", "pas": "heeft", "pas_tot": "2027-12-31"},
            "komt_zelf",
        ),
        (
            "papieren-voor-je-reis",
            "2027-06-01",
            {**TRIP, "vertrek": "2027-07-01", "terug": "2027-07-09", "pas": "heeft", "pas_tot": "2028-01-01"},
            "u_pas_in_orde",
        ),
        (  # three months begin on the third working day after the letter was sent
            "moeite-met-betalen",
            "2026-12-03",
            {**LETTER, "brief": "eerste", "akkoord": "nee", "verzonden": "2026-09-01"},
            "u_bezwaar",
        ),
        (
            "verbouwen-en-premies",
            "2027-01-01",
            {"postcode": "9999", "werk": "isolatie", "ouderdom": 40, "vlaams": "gekregen", "beslissing": "2026-07-01"},
            "bedrag",
        ),
        (
            "verbouwen-en-premies",
            "2028-03-01",
            {"postcode": "9999", "werk": "water", "water_soort": "infiltratie", "factuur": "2027-03-01"},
            "u_waterpremie",
        ),
    ],
)
def test_somebody_who_is_just_in_time_is_not_sent_away(
    slug: str, day: str, answers: dict[str, Any], outcome: str
) -> None:
    path = next(one for one in DEMO if one.stem == slug)
    assert replay(compiled(decode(path.read_bytes())), answers, date.fromisoformat(day)).at == outcome
