"""Every kind of fault at a random moment under load: nothing is lost, nothing is double, the log has no gap.

The short version of `scripts/faults`.
"""

import logging
from random import Random

import pytest

from tests.reliability.faults import FAULTS
from tests.reliability.storm import Load, Weather
from tests.reliability.trial import trial

pytestmark = [pytest.mark.anyio, pytest.mark.xdist_group("reliability")]

MANY = 500
"""Questions; fewer would prove little."""
log = logging.getLogger("reliability")
"""How it goes: `pytest --log-cli-level=INFO` shows it."""


async def test_no_question_gets_lost() -> None:
    seed = Random().randrange(1_000_000)
    log.info("seed %d", seed)
    load, weather = Load(mark="short", clients=4, pause=0.25), Weather(calm=(0.2, 0.8), pace=0.5)
    outcome = await trial(FAULTS, seed, load, weather, log.info)
    violations, struck = outcome.violations, {strike.fault for strike in outcome.strikes}
    assert not violations, f"seed {seed}: {violations[:10]}"
    assert struck == {fault.name for fault in FAULTS}, f"seed {seed}"
    acknowledged = len(outcome.acknowledged)
    assert acknowledged > MANY
    log.info("0 of %d lost or duplicated: 95 %% upper bound 3/%d; %s", acknowledged, acknowledged, outcome.drain)
