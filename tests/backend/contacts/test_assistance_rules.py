"""What a question keeps of guided questions: bounded, never twice, and a replaced flow makes room."""

from datetime import date

import msgspec

from backend.contacts.rules import Assistance, GivenAnswer, answers_with, bounded, normal_topic, traced

TODAY = date(2026, 11, 30)


def given(number: int, answer: str = "Ja") -> GivenAnswer:
    return GivenAnswer(question=f"v{number}", title=f"Vraag {number}?", answer=answer, value=answer)


def pair(number: int, answer: str = "Ja") -> dict[str, str]:
    return {"question": f"Vraag {number}?", "answer": answer}


def kept(*path: GivenAnswer, flow: str = "verhuizen") -> Assistance:
    return Assistance(flow=flow, version=1, title="Verhuizen", mode="agent", language="nl", day=TODAY, path=list(path))


def test_what_was_told_comes_first_and_nothing_stands_there_twice() -> None:
    told = [{"question": "Naam?", "answer": "Jef"}, pair(2)]
    assert answers_with(told, kept(given(1), given(2))) == [*told, pair(1)]


def test_other_answers_to_the_same_flow_take_the_place_of_the_first() -> None:
    told = [{"question": "Naam?", "answer": "Jef"}, pair(1), pair(2)]
    again = answers_with(told, kept(given(1), given(2, "Nee")), kept(given(1), given(2)))
    assert again == [{"question": "Naam?", "answer": "Jef"}, pair(1), pair(2, "Nee")]


def test_answers_to_another_flow_stay() -> None:
    found = answers_with([pair(1)], kept(given(2), flow="parkeren"), kept(given(1)))
    assert found == [pair(1), pair(2)]


def test_there_are_at_most_a_hundred() -> None:
    told = [pair(number) for number in range(60)]
    found = answers_with(told, kept(*(given(number) for number in range(50, 150))))
    assert len(found) == 100
    assert found[:60] == told


def test_what_is_too_large_is_cut_and_can_be_read_again() -> None:
    long = GivenAnswer(question="v", title="t" * 900, answer="a" * 9_000, value={"deep": ["x" * 9_000]})
    large = msgspec.structs.replace(
        kept(*[long] * 150),
        title="T" * 300,
        kept=[given(1)],
        outcome_title="O" * 300,
        open_title="V" * 300,
        not_known=["W" * 300] * 150,
        topic="p" * 300,
        team="q" * 300,
    )
    small = bounded(large)
    assert (len(small.path), len(small.path[0].title), len(small.path[0].answer)) == (100, 200, 2_000)
    assert small.path[0].title.endswith("…")
    assert small.path[0].value == small.path[0].answer
    assert small.kept == [given(1)]
    assert msgspec.json.decode(msgspec.json.encode(small), type=Assistance) == small
    assert bounded(small) == small
    assert bounded(kept(given(1))) == kept(given(1)), "what fits stays as it is"


def test_the_timeline_has_no_answers() -> None:
    full = msgspec.structs.replace(kept(given(1)), outcome="u_aangifte")
    assert traced(full) == {"flow": "verhuizen", "version": 1, "outcome": "u_aangifte"}
    assert traced(kept(given(1))) == {"flow": "verhuizen", "version": 1}


def test_capitals_and_spaces_of_a_topic_make_no_difference() -> None:
    assert normal_topic("  Verhuis  binnen ") == normal_topic("verhuis binnen")
