"""Asking a register: written down first, then asked without any transaction, then written down what came of it."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
from uuid_utils.compat import uuid7

from backend.crm.customers.service import CustomerService, Profile
from backend.crm.customers.service.facts import Origin
from backend.crm.registers.errors import no_identifier, not_configured, problem_of
from backend.crm.registers.rules import WAYS, Outcome, Register, RegisterFailed, RegisterRecord, compare
from backend.crm.registers.schemas import EnrichmentView
from backend.crm.registers.service import statements as sql
from backend.crm.registers.service.contents import from_rows, to_rows
from backend.crm.registers.service.sources import Registers
from backend.crm.registers.service.told import Taken, ours, theirs
from backend.crm.rules import IdentifierType, RevealPurpose
from backend.kit.db import Row, encode_json
from backend.kit.problems import not_found
from backend.kit.work import Work

Begin = Callable[[], AbstractAsyncContextManager[Work]]
"""Begins a unit of work, which is committed when the block ends well."""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """A look-up that is written down and not asked yet.

    Attributes:
        customer_id: the live customer.
        number: whom it is about; only here, in memory.
    """

    id: UUID
    customer_id: UUID
    register: Register
    reference: UUID
    number: str
    purpose: RevealPurpose
    at: datetime


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a look-up: a record, or the reason why there is none."""

    record: RegisterRecord | None = None
    outcome: Outcome = "found"
    code: str | None = None


class LookUps:
    """Looks customers up.

    Args:
        begin: begins a unit of work.
        registers: those that are coupled.
    """

    def __init__(self, begin: Begin, registers: Registers) -> None:
        self._begin = begin
        self._registers = registers

    async def enrich(self, customer_id: UUID, purpose: RevealPurpose, wanted: Register | None) -> EnrichmentView:
        """Look a customer up and give the differences.

        Raises:
            ProblemError: 403, 404, 409; 404 `registerUnknown`, 502, 503 when the register has no record for us; the
                look-up is written down all the same.
        """
        async with self._begin() as work:
            plan = await self.plan(work, customer_id, purpose, wanted)
        try:
            answer = Answer(record=await self.ask(plan))
        except RegisterFailed as failed:
            async with self._begin() as work:
                await self.store(work, plan, Answer(outcome=failed.outcome, code=failed.code))
            raise problem_of(failed) from None
        async with self._begin() as work:
            await self.store(work, plan, answer)
            return await view_of(work, plan.id)

    async def plan(self, work: Work, customer_id: UUID, purpose: RevealPurpose, wanted: Register | None = None) -> Plan:
        """Write down that a register is about to be asked, and who asks why.

        Raises:
            ProblemError: 403, 404; 409 `noIdentifier` or `registerNotConfigured`.
        """
        customers = CustomerService(work)
        live = (await customers.file(customer_id)).id
        await work.access.require_link("customer", live)
        profile = (await customers.profiles([live]))[live]
        register, kind = self._way(profile, customers.numbers(profile), wanted)
        plan = Plan(
            id=uuid7(),
            customer_id=live,
            register=register,
            reference=uuid4(),
            number=min(customers.numbers(profile)[kind]),
            purpose=purpose,
            at=work.now,
        )
        capacity = self._registers.capacity(register)
        row = (plan.id, live, register, plan.reference, capacity, purpose, plan.at, work.actor)
        await work.uow.execute(sql.ASK, *row)
        work.trail.record("customer", [live], fields=[kind], outcome="asked", purpose=purpose)
        return plan

    async def ask(self, plan: Plan) -> RegisterRecord:
        """What the register says; no transaction is open meanwhile.

        Raises:
            RegisterFailed: one of its kinds.
        """
        return await self._registers.record(plan.register, plan.number, reference=plan.reference, at=plan.at)

    async def store(self, work: Work, plan: Plan, answer: Answer) -> None:
        """Write down what came of it: the differences, encrypted, in place of those of an earlier look-up."""
        await work.uow.execute(sql.ANSWER, plan.id, answer.outcome, answer.code, work.now)
        if answer.record is None:
            outcome = answer.outcome
            work.trail.record("customer", [plan.customer_id], outcome=outcome, purpose=plan.purpose)
            return
        customers = CustomerService(work)
        file = await customers.file(plan.customer_id)
        profile = await customers.alone(file.id)
        await work.uow.execute(sql.SUPERSEDE, file.members, plan.register)
        rows = _rows(answer.record, profile, work)
        await work.uow.execute(sql.PROPOSE, plan.id, encode_json(rows))
        fields = sorted({str(row["field"]) for row in rows})
        work.trail.record("customer", [plan.customer_id], fields=fields, purpose=plan.purpose)

    def _way(
        self, profile: Profile, numbers: dict[IdentifierType, set[str]], wanted: Register | None
    ) -> tuple[Register, IdentifierType]:
        """Which register, by which number: the first that is coupled of those that can know this customer."""
        ways = [(one, kind) for one, kind in WAYS[profile.kind] if numbers.get(kind) and wanted in {None, one}]
        if not ways:
            raise no_identifier()
        coupled = [(one, kind) for one, kind in ways if self._registers.coupled(one)]
        if not coupled:
            raise not_configured()
        return coupled[0]


def _rows(record: RegisterRecord, profile: Profile, work: Work) -> list[dict[str, object]]:
    told = theirs(record, profile, work.keys, Origin(source=record.source, at=work.now))
    taken = {id(said): one for said, one in told}
    found = compare([said for said, _ in told], ours(profile, work.keys), record.source)
    kept: list[Taken | None] = [taken.get(id(one.theirs)) for one in found]
    return to_rows(found, kept, work.keys)


async def view_of(work: Work, lookup_id: UUID) -> EnrichmentView:
    """One look-up as people see it; 404."""
    row = await work.uow.fetchrow(sql.ONE, lookup_id)
    if row is None:
        raise not_found("enrichment")
    return (await views_of(work, [row]))[0]


async def views_of(work: Work, rows: list[Row]) -> list[EnrichmentView]:
    """Look-ups as people see them, with their differences."""
    stored = from_rows(await work.uow.fetch(sql.DIFFERENCES, [row["id"] for row in rows]), work.keys)
    return [
        EnrichmentView(**dict(row), differences=[one.view for one in stored if one.lookup_id == row["id"]])
        for row in rows
    ]
