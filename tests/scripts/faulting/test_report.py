from scripts.faulting.report import lines, table
from tests.reliability.evidence import Violation
from tests.reliability.storm import Drain, Strike
from tests.reliability.trial import Outcome


def _outcome(violations: list[Violation]) -> Outcome:
    """Two kinds, one of them twice; a question every second, but none from 25 to 29."""
    moments = [float(second) for second in range(40) if not 25 <= second < 29]
    strikes = [
        Strike(fault="kill", what="", began=10.5, ended=10.6, well=12.0),
        Strike(fault="freeze", what="", began=20.5, ended=25.5, well=26.0),
        Strike(fault="kill", what="", began=35.5, ended=35.5, well=36.0),
    ]
    return Outcome(
        strikes=strikes,
        acknowledged=moments,
        answers=[(moment, 0.75) for moment in moments],
        given_up=0,
        statuses={201: len(moments)},
        mails=0,
        drain=Drain(seconds=1.0, postponed=0, left=0),
        violations=violations,
    )


def test_what_happens_until_the_next_fault_belongs_to_a_fault() -> None:
    freeze, kill, none = lines(_outcome([]))
    assert (freeze.fault, freeze.times, freeze.acknowledged) == ("freeze", 1, 11)
    assert (freeze.recovery, freeze.silence) == ([3.5], 5.0)
    assert (kill.fault, kill.times, kill.acknowledged) == ("kill", 2, 14)
    assert (kill.recovery, kill.silence) == ([1.4, 1.5], 1.0)
    assert (none.fault, none.times, none.acknowledged) == ("none", 0, 11)


def test_violations_are_counted_where_they_belong() -> None:
    found = [
        Violation(kind="lost", what="", at=22.0),
        Violation(kind="duplicated", what="", at=12.0),
        Violation(kind="logGap", what=""),
        Violation(kind="answer", what="", at=36.0),
    ]
    freeze, kill, none = lines(_outcome(found))
    assert (freeze.lost, freeze.duplicated, freeze.log_gaps, freeze.other) == (1, 0, 0, 0)
    assert (kill.lost, kill.duplicated, kill.log_gaps, kill.other) == (0, 1, 0, 1)
    assert (none.lost, none.duplicated, none.log_gaps, none.other) == (0, 0, 1, 0)


def test_the_table_ends_with_the_sums() -> None:
    head, _, *rows = table(lines(_outcome([]))).splitlines()
    assert head.startswith("| fault | times | acknowledged | lost |")
    assert rows[-1] == "| **all** | 3 | 36 | 0 | 0 | 0 | 0 | 1.50 | 3.50 | 5.0 |"
