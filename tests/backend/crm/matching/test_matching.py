"""The engine on the real database: found, explained, rewritten, forgotten; keys replaced; a draw with a floor."""

import random
from datetime import date
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from uuid_utils.compat import uuid7

from backend.app import Platform
from backend.crm.customers.schemas import AddressInput, ContactPointInput, CustomerCreate, CustomerPatch, NamesInput
from backend.crm.customers.service import CustomerService
from backend.crm.matching.rules import PersonName, Place, Subject
from backend.crm.matching.service import MatchService
from backend.kit.db import UnitOfWork
from backend.kit.reach import EVERYTHING
from backend.kit.work import Work
from scripts.benchmarks.match import customer, figures
from scripts.matching.draw import rows, subject
from tests.conftest import SHARED

pytestmark = pytest.mark.anyio
DRAW = SHARED / "data" / "matching" / "dev-10k"

JEF = Subject(
    kind="person",
    names=(PersonName(given="Jef", family="Van den Broeck"),),
    birth_date=date(1980, 5, 6),
    emails=("jef.vdb@voorbeeld.be",),
    phones=("+32477823190",),
    places=(Place("Koning Albertlaan", "50", "3", "9000", "Gent"),),
)


def _work(platform: Platform, uow: UnitOfWork) -> Work:
    return platform.work(uow, None, "test", "test-matching")


async def _customer(uow: UnitOfWork, kind: str = "person") -> UUID:
    row = uuid7()
    await uow.execute(
        """INSERT INTO customer (id, kind, display_name, language, preferred_channel, source)
           VALUES ($1, $2, 'x', 'nl', 'none', 'agent')""",
        row,
        kind,
    )
    return row


@pytest.fixture
async def jef(platform: Platform, uow: UnitOfWork) -> UUID:
    """Jef, and nobody else."""
    row = await _customer(uow)
    await MatchService(_work(platform, uow)).write(row, JEF)
    return row


async def test_the_parts_add_up_to_the_score(platform: Platform, uow: UnitOfWork, jef: UUID) -> None:
    asked = Subject(
        kind="person",
        names=(PersonName(given="Jozef", family="Vandenbroek"),),
        phones=("0477/82.31.90",),
        places=(Place("Kon. Albertln.", "50 bus 3", "", "9000", "Gent"),),
    )
    (match,) = await MatchService(_work(platform, uow)).find(asked)
    assert match.customer_id == jef
    assert match.probability > 0.95
    assert sum(part.weight for part in match.parts) == match.score
    texts = {part.feature: part.text for part in match.parts}
    assert texts["phone"] == "zelfde gsm-nummer"
    assert texts["given"].startswith("voornaam: roepnaam")
    assert "base" in texts


@pytest.mark.parametrize("text", ["van den broeck jef", "Jef Vandenbroeck", "jozef vandenbrouck", "Vandenbroek"])
async def test_a_name_alone_is_found_in_any_order(platform: Platform, uow: UnitOfWork, jef: UUID, text: str) -> None:
    found = await MatchService(_work(platform, uow)).find_by_name(text)
    assert [match.customer_id for match in found] == [jef]


async def test_an_organisation_is_found_without_its_legal_form(platform: Platform, uow: UnitOfWork, jef: UUID) -> None:
    service = MatchService(_work(platform, uow))
    row = await _customer(uow, "association")
    await service.write(
        row, Subject(kind="association", organisations=("Fanfare De Eendracht vzw",), emails=JEF.emails)
    )
    asked = Subject(kind="enterprise", organisations=("V.Z.W. De Eendracht Fanfare",))
    assert [match.customer_id for match in await service.find(asked)] == [row]
    assert [match.customer_id for match in await service.find_by_name("fanfare de eendragt")] == [row]
    assert [match.customer_id for match in await service.find(JEF)] == [jef]


async def test_writing_again_replaces_every_key(platform: Platform, uow: UnitOfWork, jef: UUID) -> None:
    service = MatchService(_work(platform, uow))
    other = Subject(kind="person", names=(PersonName(given="Lien", family="Peeters"),))
    await service.write(jef, other)
    assert await service.find(JEF) == []
    assert [match.customer_id for match in await service.find(other)] == [jef]
    held = await uow.fetchval("SELECT keys FROM match_profile WHERE customer_id = $1", jef)
    there = await uow.fetch("SELECT key FROM match_key WHERE customer_id = $1", jef)
    assert sorted(row["key"] for row in there) == sorted(held)


async def test_who_is_removed_is_not_found(platform: Platform, uow: UnitOfWork, jef: UUID) -> None:
    service = MatchService(_work(platform, uow))
    await service.remove(jef)
    assert await service.find(JEF) == []
    assert await service.subject(jef) is None
    assert await uow.fetchval("SELECT count(*) FROM match_key") == 0


async def test_the_subject_comes_back_and_finds_its_like(platform: Platform, uow: UnitOfWork, jef: UUID) -> None:
    service = MatchService(_work(platform, uow))
    twin = await _customer(uow)
    await service.write(twin, JEF)
    held = await service.subject(jef)
    assert held is not None
    assert held.phones == ("477823190",)
    (match,) = await service.find(held, without=[jef])
    assert match.customer_id == twin
    assert match.probability > 0.99


async def test_a_profile_of_another_customer_does_not_open(platform: Platform, uow: UnitOfWork, jef: UUID) -> None:
    service = MatchService(_work(platform, uow))
    twin = await _customer(uow)
    await service.write(twin, JEF)
    await uow.execute(
        "UPDATE match_profile SET profile = (SELECT profile FROM match_profile WHERE customer_id = $1)"
        " WHERE customer_id = $2",
        jef,
        twin,
    )
    assert [match.customer_id for match in await service.find(JEF)] == [jef]


async def test_nothing_can_be_read_in_the_tables(uow: UnitOfWork, jef: UUID) -> None:
    blob = await uow.fetchval("SELECT profile FROM match_profile WHERE customer_id = $1", jef)
    assert not any(word in blob for word in (b"broeck", b"jef", b"1980", b"477823190"))


async def test_who_was_written_with_an_older_key_is_found_and_named(
    platform: Platform, uow: UnitOfWork, jef: UUID
) -> None:
    unseen = await _customer(uow)
    assert await MatchService(_work(platform, uow)).outdated(10) == [unseen]
    rotated = msgspec.structs.replace(_work(platform, uow), keys=platform.keys.rotated())
    service = MatchService(rotated)
    assert await service.outdated(10) == [jef, unseen]
    assert [match.customer_id for match in await service.find(JEF)] == [jef]
    await service.write(jef, JEF)
    await service.write(unseen, Subject(kind="person", names=(PersonName(given="An", family="Maes"),)))
    assert await service.outdated(10) == []
    alone = msgspec.structs.replace(rotated, keys=rotated.keys.without(platform.keys.writes))
    assert [match.customer_id for match in await MatchService(alone).find(JEF)] == [jef]


async def test_frequent_names_are_counted_and_rare_ones_are_not(platform: Platform, uow: UnitOfWork) -> None:
    service = MatchService(_work(platform, uow))
    for number in range(60):
        row = await _customer(uow)
        name = PersonName(given=f"An{number}", family="Peeters" if number < 55 else f"Zeldzaam{number}")
        await service.write(row, Subject(kind="person", names=(name,)))
    await service.count_names()
    assert [row["customers"] for row in await uow.fetch("SELECT customers FROM match_frequency")] == [55]


async def test_an_undisclosed_address_is_not_compared(platform: Platform, uow: UnitOfWork) -> None:
    async with platform.database.transaction(EVERYTHING) as unit:
        customers = CustomerService(_work(platform, unit))
        hidden = AddressInput(street="Geheimstraat", number="9", postcode="9000", municipality="Gent", undisclosed=True)
        row = await customers.register(
            CustomerCreate(kind="person", names=NamesInput(given="An", family="Maes"), addresses=(hidden,))
        )
    held = await MatchService(_work(platform, uow)).subject(row)
    assert held is not None
    assert held.places == ()
    assert held.names == (PersonName(given="an", family="maes"),)


async def test_a_change_is_compared_at_once(platform: Platform, uow: UnitOfWork) -> None:
    async with platform.database.transaction(EVERYTHING) as unit:
        row = await CustomerService(_work(platform, unit)).register(
            CustomerCreate(kind="person", names=NamesInput(given="An", family="Maes"), birth_date=date(1990, 1, 2))
        )
    async with platform.database.transaction(EVERYTHING) as unit:
        point = ContactPointInput(type="phone", value="0470 12 34 56")
        await CustomerService(_work(platform, unit)).change(row, CustomerPatch(contact_points=(point,)), 1)
    (match,) = await MatchService(_work(platform, uow)).find(Subject(kind="person", phones=("0470123456",)))
    assert match.customer_id == row
    held = await MatchService(_work(platform, uow)).subject(row)
    assert held is not None
    assert held.birth_date == date(1990, 1, 2)


async def test_who_is_ruled_out_comes_last_with_the_reason(platform: Platform, uow: UnitOfWork) -> None:
    service = MatchService(_work(platform, uow))
    home = (Place("Kerkstraat", "3", "", "9000", "Gent"),)
    name = (PersonName(given="Jan", family="Maes"),)
    father, son = await _customer(uow), await _customer(uow)
    await service.write(father, Subject(kind="person", names=name, birth_date=date(1950, 3, 1), places=home))
    await service.write(son, Subject(kind="person", names=name, birth_date=date(1981, 7, 9), places=home))
    asked = Subject(kind="person", names=name, birth_date=date(1981, 7, 9), places=home)
    first, last = await service.find(asked)
    assert (first.customer_id, first.ruled_out) == (son, None)
    assert last.customer_id == father
    assert last.probability == 0.0
    assert "generatie" in str(last.ruled_out)


async def _known(platform: Platform, path: Path, number: int) -> dict[UUID, int]:
    owners = {}
    async with platform.database.transaction(EVERYTHING) as unit:
        customers = CustomerService(_work(platform, unit))
        for _, row in zip(range(number), rows(path), strict=False):
            owners[await customers.register(customer(row)[0])] = row["pid"]
    return owners


@pytest.mark.skipif(not DRAW.exists(), reason="../shared/data/matching/dev-10k is not here")
async def test_a_draw_is_found_again(platform: Platform, uow: UnitOfWork) -> None:
    owners = await _known(platform, DRAW / "profiles.jsonl", 400)
    pids = set(owners.values())
    queries = [row for row in rows(DRAW / "queries.jsonl") if row["truth"] in pids]
    strangers = [row | {"truth": None} for row in rows(DRAW / "queries.jsonl") if row["truth"] not in pids]
    queries += random.Random(4).sample(strangers, 60)
    service = MatchService(_work(platform, uow))
    answers = [
        [(owners[match.customer_id], match.probability) for match in await service.find(subject(row))]
        for row in queries
    ]
    found = figures(queries, answers)
    assert found["top5"] >= 0.97, found
    assert found["precision95"] >= 0.97, found
    assert found["falseWhenAbsent95"] <= 0.05, found
