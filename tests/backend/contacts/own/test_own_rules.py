from typing import get_args

from backend.contacts.own.rules import STEPS, message_title, status_text, step_text
from backend.contacts.rules import Purpose, State


def test_every_state_has_words_in_the_form_of_the_city() -> None:
    words = [status_text(state, "formal") for state in State]
    assert len(set(words)) == len(State)
    assert status_text(State.WAITING, "informal") == "Wacht op jouw reactie"
    assert status_text(State.WAITING, "formal") == "Wacht op uw reactie"


def test_every_message_and_step_has_words() -> None:
    assert {one for one in get_args(Purpose) if message_title(one) == "Bericht"} == {"note"}
    assert all(step_text(one) for one in STEPS)
    assert not {"noted", "reminded", "escalated", "identified"} & set(STEPS)
