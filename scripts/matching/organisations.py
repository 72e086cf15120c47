"""A made-up draw of associations and enterprises, with queries: the shared generator draws people only."""

# ruff: noqa: PLR2004, SIM905 a draw is made of shares and of lists of words

import random
from collections.abc import Sequence
from typing import Any

Row = dict[str, Any]

_KINDS = {
    "association": "Fanfare,Harmonie,Voetbalclub,Turnkring,Buurtcomité,Toneelvereniging,Scouts,Chiro,Wielerclub,"
    "Volleybalclub,Oudercomité,Natuurpunt,Kaartersclub,Schaakclub,Zangkoor,Jeugdhuis,Wijkvereniging,Danskring,"
    "Duivenbond,Hengelclub,Heemkundige Kring,Tafeltennisclub,Judoclub,Atletiekclub,Badmintonclub,Vriendenkring",
    "enterprise": "Bakkerij,Garage,Slagerij,Apotheek,Kapsalon,Schrijnwerkerij,Drukkerij,Brasserie,Frituur,Bouwwerken,"
    "Elektriciteit,Loodgieterij,Tuinaanleg,Boekhouding,Advocatenkantoor,Immo,Schilderwerken,Bloemen,Optiek,Taxi,"
    "Kinderopvang,Architectenbureau,Transport,Dakwerken,Rijschool,Wasserij,Reisbureau,Textiel,Webdesign",
}
_NAMES = (
    "De Eendracht,Sint-Cecilia,De Ware Vrienden,Sparta,Willen is Kunnen,De Toekomst,Hoop en Moed,De Zwaluw,Concordia,"
    "De Leiezonen,De Brug,Sint-Jan,Sint-Amandus,Sint-Elooi,De Klaver,Vooruit,Moed en Vlijt,De Kring,Artevelde,Rodeland,"
    "Kunst en Vermaak,De Sleutel,Den Hert,De Vrijheid,Edelweiss,Olympia,Excelsior,De Meeuw,De Linde,Ons Huis,De Kade"
).split(",")
_ROOTS = "Vlaam Bou Tech Gro Leie Scheld Nova Eco Medi Log Ver Alfa Digi Zon Kern Atri Delta Hydro Inter Poly".split()
_ENDS = "tec bouw plan lux media trans care build flow group works soft fin werk food shop line net".split()
_FORMS = {"association": ("vzw", "VZW", "", "feitelijke vereniging"), "enterprise": ("BV", "bvba", "NV", "CV", "", "")}
_PLACE = ("street", "nr", "box", "pc", "city")


def draw(number: int, seed: int, people: Sequence[Row], queries: int) -> tuple[list[Row], list[Row]]:
    """Organisations and queries about them, a third of which nobody answers.

    Args:
        number: of organisations.
        seed: of the draw.
        people: profiles of the shared generator: their family names and addresses are used.
        queries: how many.
    """
    r = random.Random(seed)
    homes = [row for row in people if row["street"]]
    all_ = [_organisation(r, pid, r.choice(homes), r.choice(people)["last"]) for pid in range(int(number / 0.8))]
    held = [one for one in all_ if r.random() < 0.8]
    known = {one["pid"] for one in held}
    profiles = [_seen(r, one, 0.03, homes) for one in held]
    asked = []
    for one in r.sample(all_, min(len(all_), queries)):
        row = _seen(r, one, 0.12, homes)
        row["truth"] = row.pop("pid") if one["pid"] in known else None
        asked.append(row | {"scen": "organisation"})
    return profiles, asked


def _organisation(r: random.Random, pid: int, home: Row, surname: str) -> Row:
    kind = r.choice(("association", "enterprise"))
    what = r.choice(_KINDS[kind].split(","))
    chance = r.random()
    if kind == "association":
        name = f"{what} {r.choice(_NAMES)}" + (f" {home['city']}" if chance < 0.6 else "")
        name = f"Koninklijke {name}" if chance > 0.9 else name
    elif chance < 0.5:
        name = f"{what} {surname}"
    elif chance < 0.75:
        name = f"{surname} & {r.choice(('Zonen', 'Partners', 'Co', r.choice(_ENDS).title()))}"
    else:
        name = r.choice(_ROOTS) + r.choice(_ENDS) + r.choice(("", f" {what}", " Gent", f" {surname}"))
    label = "".join(char for char in name.lower() if char.isascii() and char.isalnum())[:18]
    mail = f"info@{label}.be" if r.random() < 0.6 else f"{label}{r.randint(1, 99)}@gmail.com"
    phone = f"09{r.randint(1000000, 9999999)}" if r.random() < 0.5 else f"04{r.randint(70000000, 99999999)}"
    numbers = {"enterpriseNumber": f"0{r.randint(200000000, 999999999)}"}
    if kind == "association":
        numbers["vCode"] = f"V{r.randint(1000, 9999999):07}"
    place = {field: home[field] for field in _PLACE}
    return {"pid": pid, "kind": kind, "name": name, "email": mail, "phone": phone, "identifiers": numbers, **place}


def _seen(r: random.Random, one: Row, rate: float, homes: Sequence[Row]) -> Row:
    """What somebody writes down of it."""
    row = dict(one) | {"name": _written(r, one, rate), "identifiers": {}}
    for field, share in (("email", 0.6), ("phone", 0.6)):
        if r.random() > share:
            row[field] = ""
    if r.random() < 0.08:
        row["phone"] = f"09{r.randint(1000000, 9999999)}"
    moved = r.choice(homes)
    if r.random() < 0.25:
        row |= dict.fromkeys(_PLACE, "")
    elif r.random() < 0.1:
        row |= {field: moved[field] for field in _PLACE}
    elif r.random() < 0.1 and len(row["street"]) > 5:
        row["street"] = row["street"][:4] + r.choice("aeiou") + row["street"][5:]
    if r.random() < 0.08:
        row["email"] = f"{r.choice(_ROOTS).lower()}{r.randint(1, 999)}@telenet.be"
    row["identifiers"] = {kind: number for kind, number in one["identifiers"].items() if r.random() < 0.3}
    return row


def _written(r: random.Random, one: Row, rate: float) -> str:
    found = one["name"].split()
    if len(found) > 2 and r.random() < rate:
        found.pop(r.randrange(len(found)))
    if r.random() < rate and len(found) > 1:
        place = r.randrange(len(found) - 1)
        found[place : place + 2] = ["".join(found[place : place + 2])]
    name = " ".join(found)
    if r.random() < rate:
        place = r.randrange(1, len(name))
        name = name[:place] + r.choice(("", name[place] * 2, r.choice("aeinrst"))) + name[place + 1 :]
    form = r.choice(_FORMS[one["kind"]])
    name = f"{form} {name}" if r.random() < 0.25 else f"{name} {form}"
    return name.strip().upper() if r.random() < rate else name.strip()
