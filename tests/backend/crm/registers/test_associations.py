"""The associations register against its simulator."""

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest

from backend.crm.registers.rules import (
    RegisterAddress,
    RegisterAway,
    RegisterContactPoint,
    RegisterFailed,
    RegisterIdentifier,
    RegisterName,
    RegisterRecord,
    RegisterRefused,
    RegisterUnknown,
    RegisterUnreadable,
)
from backend.crm.registers.service.associations import AssociationsRegister
from backend.crm.registers.service.sources import Registers
from backend.settings import RegisterSettings
from tests.backend.crm.registers.conftest import HURRY
from tests.simulators.associations import RETRY_AFTER, Associations, Fault

pytestmark = pytest.mark.anyio

AT = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


async def ask(registers: Registers, v_code: str = "V0001001") -> RegisterRecord:
    return await registers.record("associationsRegister", v_code, reference=uuid4(), at=AT)


@pytest.mark.usefixtures("associations")
async def test_an_association_is_told_in_our_words(registers: Registers) -> None:
    assert await ask(registers) == RegisterRecord(
        source="associationsRegister",
        names=(
            RegisterName(type="organisation", label="Wandelclub De Vrolijke Stappers"),
            RegisterName(type="alias", label="De Stappers"),
        ),
        addresses=(
            RegisterAddress(
                street="Voettochtlaan",
                number="8",
                postcode="9080",
                municipality="Lochristi",
                register_id="https://data.vlaanderen.be/id/adres/900123",
            ),
        ),
        contact_points=(
            RegisterContactPoint(type="email", value="info@stappers.example.be"),
            RegisterContactPoint(type="phone", value="09 399 00 10"),
        ),
        legal_form="Vereniging zonder eigen rechtspersoonlijkheid",
    ), "a website is no contact point here, where it meets is no address for letters"


@pytest.mark.usefixtures("associations")
async def test_the_key_of_the_enterprise_register_is_told(registers: Registers) -> None:
    record = await ask(registers, "V0001002")
    assert record.identifiers == (RegisterIdentifier(type="enterpriseNumber", value="0316380841"),)


@pytest.mark.usefixtures("associations")
async def test_an_unknown_association(registers: Registers) -> None:
    with pytest.raises(RegisterUnknown):
        await ask(registers, "V9999999")


@pytest.mark.parametrize(
    ("fault", "kind", "code"),
    [
        ("tooManyRequests", RegisterAway, "busy"),
        ("down", RegisterAway, "status"),
        ("half", RegisterAway, "connection"),
        ("rubbish", RegisterUnreadable, "noAssociation"),
        ("huge", RegisterUnreadable, "unreadable"),
        ("gzip", RegisterUnreadable, "unreadable"),
        ("otherNumber", RegisterUnreadable, "otherAssociation"),
    ],
)
async def test_every_fault_is_told_for_what_it_is(
    registers: Registers, associations: Associations, fault: Fault, kind: type[RegisterFailed], code: str
) -> None:
    associations.fault = fault
    with pytest.raises(RegisterFailed) as failed:
        await ask(registers)
    assert (type(failed.value), failed.value.code) == (kind, code)
    if fault == "tooManyRequests":
        assert failed.value.retry_after == RETRY_AFTER


async def test_a_wrong_key_is_our_fault(coupled: RegisterSettings, associations: Associations) -> None:
    assert coupled.associations_register is not None
    wrong = associations.api_key_file.with_name("wrong.txt")
    wrong.write_text("another")
    register = AssociationsRegister(msgspec.structs.replace(coupled.associations_register, api_key_file=str(wrong)))
    with pytest.raises(RegisterRefused, match="http403"):
        await register.association("V0001001", reference=uuid4())
    await register.close()


@pytest.mark.parametrize("seconds", [HURRY])
async def test_a_slow_answer_is_not_waited_for(registers: Registers, associations: Associations) -> None:
    associations.fault = "slow"
    async with asyncio.timeout(15):
        with pytest.raises(RegisterAway, match="timeout"):
            await ask(registers)
