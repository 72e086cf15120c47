"""What a process works with, given its file and what the others do; and that no order of steps can break the rule."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.kit.crypto import KeyRing
from backend.kit.holders import Holder, KeysRefused, agreed

ONE = KeyRing.generate()
BOTH = ONE.added()
NEW = BOTH.writing(2)
ONLY_NEW = NEW.without(1)


def holder(ring: KeyRing, *writes: int) -> Holder:
    now = datetime.now(UTC)
    return Holder(
        id=uuid4(), process="elsewhere", started_at=now, quiet=0, versions=ring.fingerprints, writes=writes or (1,)
    )


def shape(ring: KeyRing) -> tuple[tuple[int, ...], int]:
    return ring.versions, ring.writes


def test_alone_the_file_is_right() -> None:
    for file in (ONE, BOTH, NEW, ONLY_NEW):
        assert shape(agreed(file, file, None, [])) == shape(file)


def test_a_new_version_writes_only_when_everybody_has_it() -> None:
    assert shape(agreed(NEW, BOTH, 1, [holder(BOTH), holder(ONE)])) == ((2, 1), 1)
    assert shape(agreed(NEW, BOTH, 1, [holder(BOTH), holder(BOTH)])) == ((2, 1), 2)
    assert shape(agreed(NEW, NEW, None, [holder(ONE)])) == ((2, 1), 1), "also in a process that starts"


def test_a_version_stays_as_long_as_somebody_writes_with_it() -> None:
    assert shape(agreed(ONLY_NEW, NEW, 2, [holder(NEW, 1, 2)])) == ((2, 1), 2)
    assert shape(agreed(ONLY_NEW, NEW, 2, [holder(NEW, 2)])) == ((2,), 2)
    assert shape(agreed(ONLY_NEW, ONE.together(ONLY_NEW), 1, [holder(ONE)])) == ((2, 1), 1)


def test_who_lacks_what_others_write_with_is_not_let_in() -> None:
    with pytest.raises(KeysRefused, match="lacks version 2, with which elsewhere writes"):
        agreed(ONE, ONE, None, [holder(NEW, 2)])
    with pytest.raises(KeysRefused, match="known to all"):
        agreed(NEW, NEW, None, [holder(ONE), holder(ONLY_NEW, 2)])
    with pytest.raises(KeysRefused, match="version 1 has other keys in elsewhere"):
        agreed(ONE, ONE, None, [holder(KeyRing.generate())])


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(["file", "look", "start", "stop"])), max_size=40))
def test_whatever_happens_in_whatever_order_everybody_reads_what_anybody_writes(steps: list[tuple[int, str]]) -> None:
    """Three processes, each with its own copy of the file, which is always one of a rotation's four."""
    files = [ONE, BOTH, NEW, ONLY_NEW]
    copies = [0, 0, 0]
    rings: dict[int, KeyRing] = {}

    def others(who: int) -> list[Holder]:
        return [holder(ring, ring.writes) for one, ring in rings.items() if one != who]

    for who, step in steps:
        if step == "file":
            copies[who] = min(copies[who] + 1, 3)
        elif step == "stop":
            rings.pop(who, None)
        elif (step == "start") != (who in rings):
            file = files[copies[who]]
            held = rings.get(who)
            together = held.together(file) if held else file
            try:
                rings[who] = agreed(file, together, held.writes if held else None, others(who))
            except KeysRefused:
                assert held is None or any(ring.writes not in file.versions for ring in rings.values())
        for reader in rings.values():
            assert {ring.writes for ring in rings.values()} <= set(reader.versions)
