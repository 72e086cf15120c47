"""The national and the enterprise register against the simulator of MAGDA: what is said, and what can go wrong."""

import asyncio
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID, uuid4, uuid5

import msgspec
import pytest

from backend.crm.registers.rules import (
    RegisterAddress,
    RegisterAway,
    RegisterContactPoint,
    RegisterFailed,
    RegisterName,
    RegisterRecord,
    RegisterRefused,
    RegisterUnknown,
    RegisterUnreadable,
)
from backend.crm.registers.service.magda import NationalRegister
from backend.crm.registers.service.sources import Registers
from backend.kit.soap import KeyPairInvalid
from backend.settings import MagdaRegister, RegisterSettings
from tests.backend.crm.registers.conftest import HURRY
from tests.simulators.authority import Authority
from tests.simulators.magda import RETRY_AFTER, SLOW_SECONDS, Fault, Magda

pytestmark = pytest.mark.anyio

AT = datetime(2026, 5, 4, 22, 30, tzinfo=UTC)
JAN, MILA, HENDRIK, AMINA, NOBODY = "85073003328", "05010100113", "90061638302", "80010120990", "53480200724"


async def ask(registers: Registers, ssin: str, reference: UUID | None = None) -> RegisterRecord:
    return await registers.record("nationalRegister", ssin, reference=reference or uuid4(), at=AT)


async def failure(registers: Registers, ssin: str = JAN) -> RegisterFailed:
    with pytest.raises(RegisterFailed) as failed:
        await ask(registers, ssin)
    assert ssin not in str(failed.value)
    return failed.value


async def test_a_person_is_told_in_our_words(registers: Registers, magda: Magda) -> None:
    record = await ask(registers, JAN)
    assert record == RegisterRecord(
        source="nationalRegister",
        names=(RegisterName(type="person", given="Jan Pieter Maria", family="Van den Broeck"),),
        birth_date=date(1985, 7, 30),
        addresses=(
            RegisterAddress(
                street="Dorp-West",
                number="52",
                box="3",
                postcode="9080",
                municipality="Lochristi",
                nis="44034",
                register_id="https://data.vlaanderen.be/id/adres/2453872",
                valid_from=date(2015, 3, 1),
            ),
        ),
        contact_points=(
            RegisterContactPoint(type="phone", value="0470 12 34 99"),
            RegisterContactPoint(type="email", value="jan.vdb@voorbeeld.be"),
        ),
    )
    assert magda.asked == ["RegistreerInschrijving", "GeefPersoon"], "the interest is registered before the question"
    assert magda.refused == []


async def test_every_message_has_a_reference_that_is_found_back_and_no_number_in_its_address(
    registers: Registers, magda: Magda
) -> None:
    reference = uuid4()
    first = uuid5(reference, "RegistreerInschrijving")
    await ask(registers, JAN, reference)
    await ask(registers, JAN)  # the interest is there already, which is only a warning
    carried = [[one.body.count(str(own).encode()) for own in (reference, first)] for one in magda.server.requests]
    assert carried == [[0, 2], [2, 0], [0, 0], [0, 0]], "in the message and in its question"
    for request in magda.server.requests:
        assert JAN not in request.path
        assert JAN not in str(request.headers)
        assert b"<Datum>2026-05-05</Datum><Tijd>00:30:00.000</Tijd>" in request.body, "Belgian time"


@pytest.mark.usefixtures("magda")
async def test_an_address_that_may_not_be_told_is_marked(registers: Registers) -> None:
    (address,) = (await ask(registers, MILA)).addresses
    assert address.undisclosed
    assert not (await ask(registers, JAN)).addresses[0].undisclosed


@pytest.mark.usefixtures("magda")
async def test_death_and_what_is_incomplete(registers: Registers) -> None:
    dead = await ask(registers, HENDRIK)
    assert (dead.deceased, dead.died_on, dead.addresses) == (True, date(2026, 3, 14), ())
    alive = await ask(registers, AMINA)
    assert (alive.deceased, alive.birth_date) == (False, None), "1980-00-00 is no day"
    assert alive.names == (RegisterName(type="person", given="Amina", family="El Idrissi"),)
    assert [(one.street, one.municipality) for one in alive.addresses] == [("Weg zonder naam", "Lochristi")]


async def test_an_interest_can_be_withdrawn(registers: Registers, magda: Magda) -> None:
    await ask(registers, JAN)
    assert magda.subscribed == {JAN}
    assert registers.persons is not None
    await registers.persons.withdraw(JAN, reference=uuid4(), at=AT)
    assert magda.subscribed == set()
    assert magda.refused == []


async def test_an_enterprise_is_told_in_our_words(registers: Registers, magda: Magda) -> None:
    record = await registers.record("enterpriseRegister", "0442528054", reference=uuid4(), at=AT)
    assert record == RegisterRecord(
        source="enterpriseRegister",
        names=(
            RegisterName(type="organisation", label="Fanfare De Eendracht"),
            RegisterName(type="alias", label="Fanfare La Concorde"),
            RegisterName(type="alias", label="F.D.E."),
            RegisterName(type="alias", label="Eendracht Events"),
        ),
        addresses=(
            RegisterAddress(
                street="Muziekplein",
                number="4",
                postcode="9080",
                municipality="Lochristi",
                nis="44034",
                valid_from=date(1996, 7, 1),
            ),
        ),
        contact_points=(
            RegisterContactPoint(type="phone", value="093990001"),
            RegisterContactPoint(type="email", value="info@eendracht.example.be"),
        ),
        legal_form="vereniging zonder winstoogmerk",
    ), "what it was called before is not told"
    assert magda.asked == ["GeefOnderneming"]


@pytest.mark.usefixtures("magda")
async def test_an_enterprise_that_stopped(registers: Registers) -> None:
    record = await registers.record("enterpriseRegister", "0697608063", reference=uuid4(), at=AT)
    assert (record.stopped, record.addresses, record.legal_form) == (True, (), None)


@pytest.mark.usefixtures("magda")
async def test_an_enterprise_that_does_not_exist_is_unknown(registers: Registers) -> None:
    with pytest.raises(RegisterUnknown, match="40046"):
        await registers.record("enterpriseRegister", "0848270245", reference=uuid4(), at=AT)


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("noFile", RegisterUnknown, "13202"),
        ("unauthorised", RegisterRefused, "40006"),
        ("message", RegisterRefused, "40006"),
        ("empty", RegisterRefused, "40999"),
        ("technical", RegisterAway, "60009"),
        ("throttled", RegisterAway, "busy"),
        ("tooManyRequests", RegisterAway, "busy"),
        ("half", RegisterAway, "connection"),
        ("html", RegisterAway, "status"),
        ("rubbish", RegisterUnreadable, "unreadable"),
        ("bomb", RegisterUnreadable, "unreadable"),
        ("hidden", RegisterUnreadable, "unreadable"),
        ("huge", RegisterUnreadable, "unreadable"),
        ("otherNumber", RegisterUnreadable, "otherPerson"),
        ("otherReference", RegisterUnreadable, "otherReference"),
    ],
)
async def test_every_fault_is_told_for_what_it_is(
    registers: Registers, magda: Magda, fault: Fault, kind: type[RegisterFailed], code: str
) -> None:
    magda.fault = fault
    failed = await failure(registers)
    assert (type(failed), failed.code) == (kind, code)
    assert failed.outcome == kind.outcome
    if fault == "tooManyRequests":
        assert failed.retry_after == RETRY_AFTER


@pytest.mark.parametrize("seconds", [HURRY])
async def test_a_slow_answer_is_not_waited_for(registers: Registers, magda: Magda) -> None:
    magda.subscribed.add(JAN)
    magda.fault = "slow"
    async with asyncio.timeout(SLOW_SECONDS / 2):
        assert (await failure(registers)).code == "timeout"


async def test_a_warning_beside_the_answer_is_none(registers: Registers, magda: Magda) -> None:
    magda.fault = "warning"
    assert (await ask(registers, JAN)).names


@pytest.mark.usefixtures("magda")
async def test_check_digits_and_unknown_people(registers: Registers) -> None:
    wrong = await failure(registers, "85073003329")
    assert (wrong.outcome, wrong.code) == ("refused", "20002")
    assert (await failure(registers, NOBODY)).outcome == "unknown"
    with pytest.raises(RegisterRefused, match="20007"):
        await registers.record("enterpriseRegister", "0442528055", reference=uuid4(), at=AT)


async def test_without_a_registered_interest_nothing_is_asked(registers: Registers, magda: Magda) -> None:
    magda.fault, magda.faulty = "notSubscribed", frozenset({"RegistreerInschrijving"})
    assert (await failure(registers)).code == "notSubscribed"
    assert magda.asked == ["RegistreerInschrijving"]


async def test_both_questions_share_the_time_there_is(coupled: RegisterSettings, magda: Magda) -> None:
    magda.fault, magda.faulty = "slow", frozenset({"RegistreerInschrijving"})
    assert coupled.national_register is not None
    register = NationalRegister(msgspec.structs.replace(coupled.national_register, seconds=0.3))
    async with asyncio.timeout(5):
        with pytest.raises(RegisterAway, match="timeout"):
            await register.person(JAN, reference=uuid4(), at=AT)
    await register.close()


async def test_after_three_failures_it_is_left_alone_for_a_while(registers: Registers, magda: Magda) -> None:
    magda.fault = "html"
    for _ in range(3):
        await failure(registers)
    asked = len(magda.server.requests)
    magda.fault = "none"
    resting = await failure(registers)
    assert resting.code == "resting"
    assert resting.retry_after is not None
    assert 0 < resting.retry_after <= 2
    assert len(magda.server.requests) == asked, "nobody is asked meanwhile"
    assert (await registers.record("enterpriseRegister", "0442528054", reference=uuid4(), at=AT)).names, (
        "another register goes on"
    )


async def test_who_is_asked_to_wait_waits(registers: Registers, magda: Magda) -> None:
    magda.fault = "tooManyRequests"
    await failure(registers)
    magda.fault = "none"
    asked = len(magda.server.requests)
    assert (await failure(registers)).code == "busy"
    assert len(magda.server.requests) == asked


async def test_an_answer_that_says_no_does_not_count_as_a_failure(registers: Registers, magda: Magda) -> None:
    magda.fault = "noFile"
    for _ in range(5):
        await failure(registers)
    magda.fault = "none"
    assert (await ask(registers, JAN)).names


@pytest.mark.parametrize("seconds", [HURRY])
async def test_more_than_a_few_at_once_are_refused_at_once(registers: Registers, magda: Magda) -> None:
    magda.fault = "slow"
    results = await asyncio.gather(*(ask(registers, JAN) for _ in range(6)), return_exceptions=True)
    codes = sorted(str(one) for one in results)
    assert codes == ["full", "full", "timeout", "timeout", "timeout", "timeout"]


def _coupling(magda: Magda, **changes: object) -> MagdaRegister:
    return msgspec.convert(magda.coupling(seconds=2.0, **changes), MagdaRegister)


async def test_another_sender_or_capacity_is_refused(magda: Magda) -> None:
    for changes in ({"capacity": "9999"}, {"sender": "somebody.else"}):
        register = NationalRegister(_coupling(magda, **changes))
        with pytest.raises(RegisterRefused, match="fault"):
            await register.person(JAN, reference=uuid4(), at=AT)
        await register.close()
    assert magda.refused == ["Context/Bericht/Afzender/Hoedanigheid", "Context/Bericht/Afzender/Identificatie"]


async def test_a_certificate_of_another_authority_is_refused_both_ways(magda: Magda, tmp_path: Path) -> None:
    strange = Authority(tmp_path)
    client = strange.client("stranger")
    ours = {"certificateFile": str(client.certificate_file), "keyFile": str(client.key_file)}
    for changes in (ours, {"caFile": str(strange.ca_file)}):
        register = NationalRegister(_coupling(magda, **changes))
        with pytest.raises(RegisterAway) as failed:
            await register.person(JAN, reference=uuid4(), at=AT)
        assert failed.value.code in {"tls", "connection"}
        await register.close()
    assert magda.server.requests == []


async def test_a_signature_with_another_certificate_than_that_of_the_connection_is_refused(
    magda: Magda, coupled: RegisterSettings
) -> None:
    other = magda.authority.client("other")
    assert coupled.national_register is not None
    register = NationalRegister(coupled.national_register)
    signed = NationalRegister(
        _coupling(magda, certificateFile=str(other.certificate_file), keyFile=str(other.key_file))
    )
    register._gateway._signer = signed._gateway._signer
    with pytest.raises(RegisterRefused):
        await register.person(JAN, reference=uuid4(), at=AT)
    assert len(magda.refused) == 1
    assert magda.refused[0].startswith("signature")
    await register.close()
    await signed.close()


async def test_nobody_listens(coupled: RegisterSettings) -> None:
    assert coupled.national_register is not None
    register = NationalRegister(msgspec.structs.replace(coupled.national_register, url="https://127.0.0.1:1"))
    with pytest.raises(RegisterAway, match="connection"):
        await register.person(JAN, reference=uuid4(), at=AT)
    await register.close()


def test_a_key_that_does_not_belong_to_the_certificate_is_refused_at_the_start(magda: Magda) -> None:
    other = magda.authority.client("other")
    with pytest.raises(KeyPairInvalid):
        NationalRegister(_coupling(magda, keyFile=str(other.key_file)))
