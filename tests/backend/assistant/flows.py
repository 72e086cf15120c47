"""Flows for tests: a rich one to spoil, and large ones that are right by construction."""

import json
from pathlib import Path
from random import Random
from typing import Any

from tests.conftest import ROOT, SHARED

FOLDER = SHARED / "data" / "assistant"
GIVEN = sorted(FOLDER.glob("flow-*.json"))
"""The flows given with the project; none where its data is not there."""
DEMO = sorted((ROOT / "backend" / "assistant" / "data").glob("*.json"))

Json = dict[str, Any]


def read(path: Path) -> Json:
    found: Json = json.loads(path.read_bytes())
    return found


def choice(name: str, *values: str, **more: Any) -> Json:
    options = [{"value": value, "label": value.capitalize()} for value in values]
    return {"id": name, "type": "choice", "title": f"Wat kiest u voor {name}?", "options": options, **more}


def ask(name: str, kind: str, **more: Any) -> Json:
    return {"id": name, "type": kind, "title": f"Wat is {name}?", **more}


def ends(name: str, **more: Any) -> Json:
    links = [{"label": "Lees meer", "product": f"ipdc:{name}"}]
    return {"id": name, "kind": "service", "title": f"Einde {name}", "text": "Dit is het.", "links": links, **more}


def block(name: str, condition: str | None = None, **more: Any) -> Json:
    return {"id": name, "text": f"Dit is {name}.", **({"if": condition} if condition else {}), **more}


def rule(target: str, condition: str | None = None) -> Json:
    return {"goto": target, **({"if": condition} if condition else {})}


def flow(questions: list[Json], outcomes: list[Json], **more: Any) -> Json:
    return {
        "format": 1,
        "flow": "proef",
        "version": 1,
        "status": "draft",
        "title": "Een proef",
        "owner": "Burgerzaken",
        "review_by": "2027-09-01",
        "valid_from": "2026-09-01",
        "questions": questions,
        "outcomes": outcomes,
        **more,
    }


def rich() -> Json:
    """A flow without fault that uses every kind of question and condition."""
    yes_or_no = [rule("u_nee", 'akkoord == "nee"'), rule("soort")]
    questions = [
        ask("akkoord", "yesno", next=yes_or_no),
        choice("soort", "feest", "werk", "ander", dont_know=True),
        ask("begin", "date", validate=[{"must": "begin >= today", "message": "Kies een dag die nog komt."}]),
        ask("einde", "date", ask_if='soort != "ander"', validate=[{"must": "einde >= begin", "message": "Later."}]),
        ask("personen", "integer", min=1, max=500),
        ask("kinderen", "integer", min=0, max=500, ask_if="personen > 1"),
        ask("prijs", "money", min=0, max=1000, ask_if='soort == "feest"'),
        ask("oppervlakte", "number", min=1, max=200),
        ask("postcode", "postcode", next=[rule("u_elders", "!(postcode in stad)"), rule("land")]),
        ask("land", "country"),
        {**choice("extra", "tent", "muziek", "niets"), "type": "multi"},
        ask("reden", "text", validate=[{"must": "size(reden) >= 3", "message": "Schrijf iets meer."}]),
        choice("plaats", "plein", "park", "zaal"),
    ]
    questions[10]["options"][2]["exclusive"] = True
    questions[12]["options"][2]["goto"] = "u_zaal"
    questions[12]["next"] = [
        rule("u_druk", 'veel_volk && plaats == "plein"'),
        rule("u_lang", 'einde - begin > duration("48h")'),
        rule("u_klaar"),
    ]
    blocks = [
        block("tent", '"tent" in extra && oppervlakte > 50.0'),
        block("muziek", 'extra.exists(x, x == "muziek")'),
        block("gezin", "kinderen * 2 >= personen"),
        block("duur", "prijs > 12.5"),
        block("buitenland", "!(land in eu)"),
        block("snel", 'begin < today + duration("240h")'),
        block("altijd"),
    ]
    outcomes = [ends(name) for name in ("u_nee", "u_elders", "u_zaal", "u_druk", "u_lang")]
    return flow(
        questions,
        [*outcomes, ends("u_klaar", blocks=blocks)],
        lists={"eu": ["be", "fr", "nl"], "stad": ["9000", "9030"]},
        facts=[{"id": "veel_volk", "expr": "personen > 200 || kinderen > 100"}],
        tests=[
            {"name": "geen akkoord", "answers": {"akkoord": "nee"}, "outcome": "u_nee"},
            {"name": "half", "answers": {"akkoord": "ja"}, "outcome": "soort"},
        ],
    )


def large(seed: int, *, questions: int = 80, outcomes: int = 120, blocks: int = 150) -> Json:
    """A flow of that size in which everything can be reached, made of sections that each end somewhere or go on.

    Questions that are always asked have an answer (`stop`) that ends the flow; conditions further on name their other
    answers, each of another question, so that every condition can hold.
    """
    return _Large(Random(seed)).made(questions, outcomes, blocks)


class _Large:
    def __init__(self, random: Random) -> None:
        self.random = random
        self.questions: list[Json] = []
        self.outcomes: list[Json] = []
        self.sure: list[str] = []
        """Conditions that can hold for who goes on, each about another question that is always asked."""
        self.slots: dict[str, tuple[set[str], list[set[str]]]] = {}
        """Per last outcome the conditions with which one comes there, and those of the rules that go before it."""

    def made(self, questions: int, outcomes: int, blocks: int) -> Json:
        while len(self.questions) < questions - 2:
            self.add(len(self.questions), questions - len(self.questions) - 2)
        room = outcomes - len(self.outcomes)
        self.last(room)
        checklist = [one for one in self.outcomes if one["id"] in self.slots]
        number = 0
        while number < blocks:
            picked = self.random.sample(self.sure, self.random.randint(1, 4))
            joined = " && ".join(picked) if number % 5 else " || ".join(picked)
            end = self.random.choice(checklist)
            own, before = self.slots[end["id"]]
            if not any(other <= own | set(picked) for other in before):
                end.setdefault("blocks", []).append(block(f"deel_{number}", joined))
                number += 1
        lists = {"eu": ["be", "fr", "de", "nl"], "ver": ["ma", "tr", "us"], "stad": ["9000", "9030", "9040"]}
        return flow(self.questions, self.outcomes, lists=lists)

    def end(self) -> str:
        name = f"u_{len(self.outcomes)}"
        self.outcomes.append(ends(name))
        return name

    def add(self, number: int, room: int) -> None:
        kind = self.random.choice(
            ["choice", "yesno", "integer", "date", "country", "postcode", "multi", "chain", "number"]
        )
        getattr(self, f"_{kind}")(f"v{number}", room)

    def _choice(self, name: str, _room: int) -> None:
        values = [f"w{number}" for number in range(self.random.randint(2, 5))]
        rules = [rule(self.end(), f'{name} == "stop"')] if self.random.random() < 0.6 else []
        if self.sure and self.random.random() < 0.5:
            condition = " && ".join(self.random.sample(self.sure, min(len(self.sure), self.random.randint(1, 3))))
            rules.append(rule(self.end(), f'{name} == "{values[0]}" && {condition}'))
        self.questions.append(choice(name, *values, "stop"))
        if rules:
            self.questions[-1]["next"] = [*rules, rule(self.after())]
        self.sure.append(f'{name} == "{values[-1]}"')

    def after(self) -> str:
        return f"v{len(self.questions)}"

    def _yesno(self, name: str, _room: int) -> None:
        self.questions.append(ask(name, "yesno", dont_know=self.random.random() < 0.3))
        self.sure.append(f'{name} == "{self.random.choice(["ja", "nee"])}"')

    def _integer(self, name: str, _room: int) -> None:
        limit = self.random.randint(2, 15)
        self.questions.append(ask(name, "integer", min=0, max=20))
        self.sure.append(self.random.choice([f"{name} > {limit}", f"{name} <= {limit}", f"{name} == {limit}"]))

    def _number(self, name: str, _room: int) -> None:
        self.questions.append(ask(name, self.random.choice(["number", "money"]), min=1, max=200))
        self.sure.append(f"{name} < 12.5" if self.random.random() < 0.5 else f"{name} >= 150.0")

    def _date(self, name: str, room: int) -> None:
        hours = self.random.choice([240, 720, 2160])
        self.questions.append(
            ask(name, "date", validate=[{"must": f"{name} >= today", "message": "Kies een dag die nog komt."}])
        )
        self.sure.append(f'{name} < today + duration("{hours}h")')
        if room > 1 and self.random.random() < 0.5:
            self.questions.append(
                ask(
                    f"v{len(self.questions)}",
                    "date",
                    validate=[{"must": f"v{len(self.questions)} > {name}", "message": "Later."}],
                )
            )
            self.sure.append(f'v{len(self.questions) - 1} - {name} > duration("{hours}h")')

    def _country(self, name: str, _room: int) -> None:
        self.questions.append(ask(name, "country"))
        self.sure.append(self.random.choice([f"{name} in eu", f"!({name} in eu)", f"{name} in ver", f'{name} == "be"']))

    def _postcode(self, name: str, _room: int) -> None:
        self.questions.append(
            ask(name, "postcode", next=[rule(self.end(), f"!({name} in stad)"), rule(f"v{len(self.questions) + 1}")])
        )

    def _multi(self, name: str, _room: int) -> None:
        self.questions.append({**choice(name, "a", "b", "c", "d", "niets"), "type": "multi"})
        self.questions[-1]["options"][-1]["exclusive"] = True
        self.sure.append(
            self.random.choice([f'"a" in {name}', f'"b" in {name} && !("c" in {name})', f"size({name}) > 2"])
        )

    def _chain(self, name: str, room: int) -> None:
        """Questions that are each asked for one answer of the one before."""
        self.questions.append(ask(name, "yesno"))
        for _ in range(min(room - 1, self.random.randint(1, 5))):
            before, own = self.questions[-1]["id"], f"v{len(self.questions)}"
            self.questions.append(ask(own, "yesno", ask_if=f'{before} == "ja"'))
        self.sure.append(f'{self.questions[-1]["id"]} == "ja"')

    def last(self, room: int) -> None:
        """Two questions whose rules look back over the whole flow, and lead to all outcomes that are left."""
        values = [f"w{number}" for number in range(12)]
        per = [room // 2, room - room // 2]
        for place, many in enumerate(per):
            name = f"v{len(self.questions)}"
            self.questions.append(choice(name, *values))
            rules: list[Json] = []
            given: dict[str, list[set[str]]] = {value: [] for value in values}
            while len(rules) < many - 1:
                value, picked = values[len(rules) % 11], set(self.random.sample(self.sure, 2))
                if any(other <= picked for other in given[value]):
                    continue
                end = f"u_slot_{place}_{len(rules)}"
                self.slots[end] = (picked, list(given[value]))
                given[value].append(picked)
                self.outcomes.append(ends(end))
                rules.append(rule(end, " && ".join([f'{name} == "{value}"', *sorted(picked)])))
            if place:
                self.outcomes.append(ends(f"u_slot_{place}_rest"))
                rules.append(rule(f"u_slot_{place}_rest"))
            else:
                self.outcomes.append(ends("u_slot_0_rest"))
                rules += [rule("u_slot_0_rest", f'{name} == "w11"'), rule(f"v{len(self.questions)}")]
            self.questions[-1]["next"] = rules
