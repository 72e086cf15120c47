"""A small `Guide`: two flows of a few questions, really replayed, for tests of what is below the assistant."""

import re
from datetime import date
from typing import Any

import msgspec

from backend.contacts.rules import Assistance, FlowAnswers, GivenAnswer, Mode
from backend.kit.problems import invalid_input, unknown_reference
from backend.kit.schema import given

MOVING: dict[str, Any] = {"flow": "verhuizen", "answers": {"richting": "binnen", "postcode": "9031"}}
PARKING: dict[str, Any] = {"flow": "parkeren", "answers": {"voertuig": "auto"}}
MOVING_TOLD = [
    {"question": "Waarheen verhuis je?", "answer": "Binnen de stad"},
    {"question": "Wat is de postcode van je nieuwe adres?", "answer": "9031"},
]


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A question; `labels` by value, or any postcode. `only`: asked after this answer to the one before."""

    title: str
    labels: dict[str, str] = {}
    only: str = ""


class Flow(msgspec.Struct, frozen=True, kw_only=True):
    """Questions in order; the outcome is that of the first answer: id, title, topic, team."""

    title: str
    questions: dict[str, Asked]
    outcomes: dict[str, tuple[str, str, str | None, str | None]]


FLOWS = {
    "verhuizen": Flow(
        title="Verhuizen",
        questions={
            "richting": Asked(
                title="Waarheen verhuis je?", labels={"binnen": "Binnen de stad", "weg": "Naar het buitenland"}
            ),
            "postcode": Asked(title="Wat is de postcode van je nieuwe adres?", only="binnen"),
        },
        outcomes={
            "binnen": ("u_aangifte", "Geef je nieuwe adres door", "Verhuis", "burgerzaken"),
            "weg": ("u_afschrijving", "Laat je afschrijven", "vertrek", "bestaat-niet"),
        },
    ),
    "parkeren": Flow(
        title="Parkeren",
        questions={"voertuig": Asked(title="Waarmee rijd je?", labels={"auto": "Een auto", "bus": "Een bus"})},
        outcomes={
            "auto": ("u_kaart", "Vraag een parkeerkaart", "parkeren", "mobiliteit"),
            "bus": ("u_vrij", "Je hebt niets nodig", None, None),
        },
    ),
}


class Signpost:
    """Replays answers to those flows."""

    async def guided(self, asked: FlowAnswers, *, mode: Mode, day: date) -> Assistance:
        flow = FLOWS.get(asked.flow)
        if flow is None:
            raise unknown_reference("flow", f"No flow {asked.flow}.")
        if given(asked.version) not in {None, 3}:
            raise unknown_reference("version", "No such version.")
        path, where = [], ""
        for key, question in flow.questions.items():
            if key in asked.answers and question.only in {"", where}:
                path.append(_given(key, question, asked.answers[key]))
                where = path[-1].value
        names = {one.question for one in path}
        kept = [_given(key, _known(flow, key), value) for key, value in asked.answers.items() if key not in names]
        left = [key for key, one in flow.questions.items() if key not in names and one.only in {"", path and where}]
        outcome = (None, None, None, None) if left else flow.outcomes[path[0].value]
        return Assistance(
            flow=asked.flow,
            version=3,
            title=flow.title,
            mode=mode,
            language="nl",
            day=day,
            outcome=outcome[0],
            outcome_title=outcome[1],
            outcome_kind=None if left else "service",
            open_question=left[0] if left else None,
            open_title=flow.questions[left[0]].title if left else None,
            path=path,
            kept=kept,
            not_known=[_known(flow, key).title for key in asked.not_known],
            topic=outcome[2],
            team=outcome[3],
        )


def _known(flow: Flow, key: str) -> Asked:
    if key not in flow.questions:
        raise invalid_input("No such question in this flow.", name=f"answers.{key}")
    return flow.questions[key]


def _given(key: str, question: Asked, value: Any) -> GivenAnswer:
    good = value in question.labels if question.labels else re.fullmatch(r"\d{4}", str(value))
    if not good:
        raise invalid_input("Not one of the answers.", name=f"answers.{key}")
    return GivenAnswer(question=key, title=question.title, answer=question.labels.get(value, value), value=value)
