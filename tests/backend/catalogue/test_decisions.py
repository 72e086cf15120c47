"""What a snapshot means for what is stored, and a transaction link that never shows a hole."""

import re
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.catalogue.rules import TRANSACTION_URL, ProductFacts, Stored, judge, transaction_link
from backend.catalogue.rules.sync import Status

EARLY, NOW, LATE = (datetime(2025, month, 1, tzinfo=UTC) for month in (1, 2, 3))


@pytest.mark.parametrize(
    ("moment", "digest", "archived", "held", "expected"),
    [
        (NOW, "same", False, "published", ("unchanged", "published", False, False)),
        (LATE, "same", False, "published", ("unchanged", "published", True, True)),
        (NOW, "other", False, "published", ("changed", "published", True, True)),
        (EARLY, "other", False, "published", ("unchanged", "published", False, False)),
        (None, "other", False, "published", ("unchanged", "published", False, False)),
        (NOW, "same", False, "withdrawn", ("changed", "published", False, True)),
        (EARLY, "other", False, "withdrawn", ("changed", "published", False, True)),
        (LATE, "other", True, "published", ("withdrawn", "withdrawn", True, True)),
        (EARLY, "other", True, "published", ("unchanged", "published", False, False)),
    ],
)
def test_a_snapshot_is_judged(
    moment: datetime | None, digest: str, archived: bool, held: Status, expected: tuple[object, ...]
) -> None:
    stored = Stored(id=uuid4(), external_id="x", content_hash="same", generated_at=NOW, status=held, archived=False)
    facts = ProductFacts(external_id="x", snapshot_id="y", name={"nl": "x"}, generated_at=moment, archived=archived)
    judgement = judge(stored, facts, digest)
    assert (judgement.outcome, judgement.status, judgement.take, judgement.write) == expected


def test_what_is_archived_stays_so_when_an_older_snapshot_turns_up() -> None:
    stored = Stored(id=uuid4(), external_id="x", content_hash="h", generated_at=NOW, status="withdrawn", archived=True)
    facts = ProductFacts(external_id="x", snapshot_id="y", name={"nl": "x"}, generated_at=EARLY)
    assert not judge(stored, facts, "other").write


@pytest.mark.parametrize(
    ("template", "known", "link"),
    [
        (
            "https://a.be/x?n={name}&e={email}#top",
            {"name": "Ann é", "email": "a@b.be"},
            "https://a.be/x?n=Ann%20%C3%A9&e=a%40b.be#top",
        ),
        ("https://a.be/x?n={name}&vast=1", {}, "https://a.be/x?vast=1"),
        ("https://a.be/x?n={name}", {"name": ""}, "https://a.be/x"),
        ("https://a.be/{productNumber}/start", {"productNumber": "../1"}, "https://a.be/..%2F1/start"),
        ("https://a.be/?q=1&q=2", {"name": "x"}, "https://a.be/?q=1&q=2"),
    ],
)
def test_a_link_is_filled_in(template: str, known: dict[str, str], link: str) -> None:
    assert re.search(TRANSACTION_URL, template)
    assert transaction_link(template, known) == link


@given(st.dictionaries(st.sampled_from(["name", "email", "reference"]), st.text(max_size=10)))
def test_no_value_can_change_the_address(known: dict[str, str]) -> None:
    link = transaction_link("https://loket.example/{name}?e={email}&r={reference}#{name}", known)
    assert link.startswith("https://loket.example/")
    assert re.fullmatch(r"https://loket\.example/[\w%.~-]*(\?[er]=[\w%.~-]+(&r=[\w%.~-]+)?)?#[\w%.~-]*", link, re.ASCII)
