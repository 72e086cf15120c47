"""One box: what was typed is understood, and the surest hits come first."""

import pytest

from backend.crm.finding.rules import KnownName, begins, understand
from tests.backend.crm.conftest import Audit, Body, Create
from tests.conftest import Client

pytestmark = pytest.mark.anyio

MEANT = {
    "85.07.30-033.28": ["ssin"],
    "85073003328": ["ssin"],
    "BE 0442.528.054": ["enterpriseNumber"],
    "0442528054": ["enterpriseNumber"],
    "2.289.324.120": ["establishmentUnitNumber"],
    "v0001001": ["vCode"],
    "0470 12 34 56": ["phone"],
    "+32 470/12.34.56": ["phone"],
    "1700": ["phone"],
    "Jan.VDB@voorbeeld.be": ["email"],
    "9080 12A": ["address"],
    "Kerkstraat 12 A bus 3, 9080 Lochristi": ["address"],
    "Kerkstr. 12, 9080": ["address"],
    "12a 9080": ["address"],
    "jan van den broeck": ["name"],
    "D'Hondt": ["name"],
    "peeters 30/07/1985": ["name", "birthDate"],
    "1985-07-30 peeters": ["name", "birthDate"],
    "broeck 9080": ["name", "postcode"],
    "jan.vdb@voorbeeld.be.": ["email"],
    "Jan <jan.vdb@voorbeeld.be>": ["email"],
    "mailto:jan.vdb@voorbeeld.be": ["email"],
    "tel. 0470 12 34 56": ["phone"],
    "RRN 85.07.30-033.28": ["ssin"],
    "jan@": [],
    "": [],
    "?!": [],
    "😀": [],
    "j": [],
}


@pytest.mark.parametrize("typed", MEANT)
def test_what_was_typed_is_understood(typed: str) -> None:
    assert understand(typed).kinds == MEANT[typed], typed


def test_an_address_is_taken_apart() -> None:
    place = understand("Kerkstraat 12 A bus 3, 9080 Lochristi").place
    assert place is not None
    assert (place.postcode, place.number) == ("9080", "12")
    assert understand("12a 9080").place == understand("9080 12A").place


def test_who_was_found_by_the_beginning_is_not_shown_again_as_similar() -> None:
    name = KnownName(folded="vandenbroeckjan", folded_given="janvandenbroeck", parts=("broeck",))
    assert begins("vanden", ("vanden",), name, several=False)
    assert begins("janv", ("janv",), name, several=True)
    assert begins("broeckjan", ("broeck", "jan"), name, several=True)
    assert not begins("vandenbroekjan", ("vandenbroek", "jan"), name, several=True)


async def found(agent: Client, text: str) -> list[tuple[str, str]]:
    response = await agent.post("/customers/query", json={"text": text, "purpose": "identityCheck"})
    assert response.status_code == 200, response.text
    return [(hit["displayName"], hit["foundBy"]) for hit in response.json()["items"]]


@pytest.mark.parametrize(
    ("text", "by"),
    [
        ("85.07.30-033.28", "ssin"),
        ("0470/12.34.56", "phone"),
        ("jan.vdb@voorbeeld.be", "email"),
        ("9080 12a", "address"),
        ("kerkstr 12a 9080", "address"),
        ("Kerkstraat 12A, 9080 Lochristi", "address"),
        ("van den br", "name"),
        ("jan van", "name"),
        ("broeck", "namePart"),
        ("jan broe", "namePart"),
        ("jan", "namePart"),
        ("jan 9080", "namePart"),
        ("van den broeck 9080 12a", "address"),
        ("jan 9080 12a", "address"),
        ("broeck 9080", "namePart"),
        ("vandenbroeck 30/07/1985", "birthDate"),
        ("jan van den broek 1985-07-30", "birthDate"),
    ],
)
async def test_a_person_is_found(agent: Client, create: Create, person: Body, text: str, by: str) -> None:
    await create({"kind": "person", "names": {"given": "An", "family": "Zwaan"}, "birthDate": "1985-07-30"})
    await create(person)
    assert await found(agent, text) == [("Jan Van den Broeck", by)]


@pytest.mark.parametrize(
    "text", ["Stationsstraat 12A 9080", "broeck 9000", "jan van den broeck 31/07/1985", "zwaan 30/07/1985"]
)
async def test_somebody_else_is_not(agent: Client, create: Create, person: Body, text: str) -> None:
    await create(person)
    assert await found(agent, text) == []


async def test_a_reference_leads_to_who_asked(agent: Client, registered: dict[str, object], audit: Audit) -> None:
    questions: list[Body] = registered["questions"]  # type: ignore[assignment]
    reference = str(questions[0]["reference"])
    for typed in (reference, reference.lower().replace("-", " ")):
        response = await agent.post("/customers/query", json={"text": typed, "purpose": "identityCheck"})
        hits = response.json()["items"]
        assert [(hit["id"], hit["foundBy"]) for hit in hits] == [(registered["customerId"], "reference")]
        assert "reference" in response.json()["understood"]
    last = (await audit(str(registered["customerId"])))[-1]
    assert (last["action"], last["purpose"]) == ("queryCustomers", "identityCheck")


async def test_pages_go_on_where_the_last_one_ended(agent: Client, create: Create) -> None:
    for given in ("Ann", "Bob", "Cas"):
        await create({"kind": "person", "names": {"given": given, "family": "Van Broeck"}})
    for given in ("Dre", "Eva"):
        await create({"kind": "person", "names": {"given": given, "family": "Broeckx"}})
    names, cursor = [], None
    while True:
        params = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await agent.post("/customers/query", json={"text": "broeck"}, params=params)).json()
        names += [hit["displayName"] for hit in page["items"]]
        cursor = page.get("next")
        if cursor is None:
            break
    assert names[:5] == ["Dre Broeckx", "Eva Broeckx", "Ann Van Broeck", "Bob Van Broeck", "Cas Van Broeck"]
    assert len(names) == len(set(names))


SPELLED = [
    ("Peeters", "Jan", ["jan peters", "peters jan", "peetres jan", "jan pieters"]),
    ("De Clercq", "Christine", ["declerck christine", "kristien de klerk", "chris de clercq"]),
    ("Vandenbroucke", "Jozef", ["jef van den broucke", "jozef vandenbroeke", "josef vandenbrouck"]),
    ("Thijs", "Sofie", ["sophie thys", "sofie thys"]),
]


@pytest.mark.parametrize(("family", "given", "typed"), SPELLED, ids=[one[0] for one in SPELLED])
async def test_names_like_it_are_found(
    agent: Client, create: Create, family: str, given: str, typed: list[str]
) -> None:
    for other, called in (("Janssens", "Marie"), ("Wouters", "Luc"), ("Mertens", "Els"), (family, given)):
        await create({"kind": "person", "names": {"given": called, "family": other}})
    for text in typed:
        hits = await found(agent, text)
        assert hits, text
        assert hits[0][0] == f"{given} {family}", text


async def test_an_organisation_is_found_by_a_name_like_its_own(
    agent: Client, create: Create, association: Body
) -> None:
    await create(association)
    assert await found(agent, "fanfare eendracht") == [("Fanfare De Eendracht vzw", "namePart")]
    assert await found(agent, "eendracht fanfare") == [("Fanfare De Eendracht vzw", "namePart")]
    assert await found(agent, "bakkerij peeters") == []
    assert await found(agent, "fanfare de endracht") == [("Fanfare De Eendracht vzw", "similarName")]
