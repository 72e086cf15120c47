"""One run of the fault suite: a platform, a load, faults, and what came of it."""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import msgspec

from backend.kit.embedded.mailsink import list_mails
from tests.reliability.asked import journey_of
from tests.reliability.evidence import MORE, Violation, examine
from tests.reliability.faults import Fault
from tests.reliability.fleet import Fleet
from tests.reliability.ledger import Ledger, call, read
from tests.reliability.storm import Drain, Load, Strike, Weather, drained, loaded, storm

REPLAYED = 200
"""Registrations that are sent once more at the end."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What came of it.

    Attributes:
        strikes: in order of time.
        acknowledged: moments at which questions were acknowledged, one each, in order.
        answers: calls that were acknowledged under load: when that was, and how long it took (s), in order of time.
        given_up: calls that were never acknowledged.
        statuses: calls by status; 0: no answer.
        mails: that the mail server keeps.
        drain: how the outbox emptied.
        violations: what must not be.
    """

    strikes: list[Strike]
    acknowledged: list[float]
    answers: list[tuple[float, float]]
    given_up: int
    statuses: dict[int, int]
    mails: int
    drain: Drain
    violations: list[Violation]


async def trial(
    faults: Iterable[Fault], seed: int, load: Load, weather: Weather, say: Callable[[str], None]
) -> Outcome:
    """Run it in a folder of its own, which is removed when all was well.

    Args:
        faults: in this order.
        seed: decides about moments, victims, lengths.
        load: how hard the clients work.
        weather: how faults follow each other.
        say: told how it goes.
    """
    # Not a folder of pytest: each pytest session closes those of the others, also to PostgreSQL's own user.
    folder = Path(tempfile.mkdtemp(prefix="onthaal-faults-"))
    fleet, file = Fleet(folder), folder / "ledger.jsonl"
    async with fleet.running():
        async with loaded(fleet, file, load):
            strikes = await storm(fleet, faults, Random(seed), weather, say)
        recovered = max((strike.well or strike.ended for strike in strikes), default=time.time())
        drain = await drained(fleet, recovered)
        say(f"outbox empty {drain.seconds} s after the last recovery; {drain.postponed} postponed, {drain.left} left")
        load_over = time.time()
        await _replay(fleet, file)
        entries, mails = read(file), list_mails(fleet.places.mail)
        async with fleet.administrator() as connection:
            heard, violations = await examine(connection, load.mark, entries, mails)
    violations += _not_well(strikes, drain)
    if violations:
        say(f"not all was well; everything is kept in {folder}")
    else:
        shutil.rmtree(folder, ignore_errors=True)
    statuses = [entry.status for entry in entries]
    return Outcome(
        strikes=strikes,
        acknowledged=sorted(heard.questions.values()),
        answers=sorted((entry.at, entry.seconds) for entry in entries if entry.acknowledged and entry.at < load_over),
        given_up=len(heard.asked - heard.acknowledged.keys()),
        statuses={status: statuses.count(status) for status in sorted(set(statuses))},
        mails=len(mails),
        drain=drain,
        violations=sorted(violations, key=lambda violation: violation.at),
    )


async def _replay(fleet: Fleet, file: Path) -> None:
    """The last registrations once more: their keys are known, so nothing more happens."""
    done = [entry for entry in read(file) if entry.acknowledged and not entry.verb and not entry.key.endswith(MORE)]
    ledger = Ledger(file)
    async with fleet.client() as client:
        for key in dict.fromkeys(entry.key for entry in reversed(done[-REPLAYED:])):
            ledger.write(await call(client, key, journey_of(key).body))


def _not_well(strikes: list[Strike], drain: Drain) -> list[Violation]:
    found = [
        Violation(kind="incomplete", what=f"not well again after {strike.fault}: {strike.what}", at=strike.ended)
        for strike in strikes
        if strike.well is None
    ]
    if drain.seconds is None or drain.left:
        found.append(Violation(kind="incomplete", what=f"the outbox did not empty in time: {drain}"))
    return found
