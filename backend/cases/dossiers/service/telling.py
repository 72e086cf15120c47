"""Telling Mijn Burgerprofiel how a question or a case stands.

A dossier is locked while it is told: of two stories of one dossier the second is read after the first was told.
National numbers are in clear here and in the adapter only.
"""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import msgspec

from backend.cases.dossiers.rules import (
    NOTIFY,
    RESULT,
    TOLD,
    UNHEARD,
    UNSURE,
    Identifier,
    Row,
    Subject,
    content_of,
    entitled,
    status_of,
    to_notify,
    upload_id,
)
from backend.cases.dossiers.service import statements as sql
from backend.catalogue.products.service import ProductService
from backend.crm.customers.service import CustomerService, Profile
from backend.crm.sharing.service import shares
from backend.kit.work import Work
from backend.notifications.burgerprofiel.rules import Recipients, Told
from backend.notifications.burgerprofiel.service import Burgerprofiel, DossierAway, DossierRefused

SOON = timedelta(seconds=2)
"""After which the result of an upload is asked for the first time."""

Products = Callable[[Work], ProductService]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How it stands, and what is to be told of it; None: nothing, to nobody."""

    subject: Subject
    content: str = ""
    told: Told | None = None


class Teller:
    """Tells.

    Args:
        work: the unit of work.
        client: Mijn Burgerprofiel.
        products: the catalogue in a unit of work.
    """

    def __init__(self, work: Work, client: Burgerprofiel, products: Products) -> None:
        self._work = work
        self._client = client
        self._customers = CustomerService(work)
        self._products = products(work)

    async def row(self, dossier_id: UUID, *, lock: bool = False) -> Row | None:
        """A dossier as it is stored, locked until the end of the unit of work when asked."""
        row = await self._work.uow.fetchrow(sql.LOCKED if lock else sql.ROW, dossier_id)
        return msgspec.convert(dict(row), Row) if row else None

    async def announce(self, dossier_id: UUID) -> None:
        """Write down that it is about to be told, to be committed before: who never hears of it, may have told it."""
        row = await self.row(dossier_id, lock=True)
        if row is None:
            return
        plan = await self.plan(row, logged=False)  # of the telling itself it is
        if plan.told is not None and _is_news(row, plan):
            await self._work.uow.execute(sql.ANNOUNCED, row.id, self._work.now)

    async def push(self, dossier_id: UUID) -> DossierRefused | None:
        """Tell how it stands now, when that is not what was told last; gives why they refused it.

        Raises:
            DossierAway: not now; nothing is written down.
        """
        row = await self.row(dossier_id, lock=True)
        if row is None:
            return None
        plan = await self.plan(row)
        refused = None
        if plan.told is None:
            await self._take_away(row)
        elif _is_news(row, plan):
            refused = await self._tell(row, plan, plan.told)
        subject = plan.subject
        await self._work.uow.execute(sql.CHECKED, row.id, subject.version, subject.customer_id, self._work.now)
        return refused

    async def plan(self, row: Row, *, logged: bool = True) -> Plan:
        """How it stands, and what is to be told of it; that its numbers are read is logged."""
        statement, about = (sql.QUESTION, row.question_id) if row.question_id else (sql.CASE, row.case_id)
        found = await self._work.uow.fetchrow(statement, about)
        if found is None:
            raise LookupError("a dossier of nothing")
        subject = msgspec.convert(dict(found), Subject)
        profile = await self._profile(subject)
        if profile is None or subject.customer_id is None:
            return Plan(subject=subject)
        to = entitled(
            profile.kind,
            [Identifier(id=one.id, customer_id=one.customer_id, type=one.type) for one in profile.identifiers],
            subject.customer_id,
        )
        recipients = self._recipients(profile, {one.id for one in to})
        if recipients and logged:
            self._work.trail.record("customer", profile.members, fields=["identifiers"])
        if not recipients:
            return Plan(subject=subject)
        name, product = await self._product(subject)
        status = status_of(subject, self._client.coupling)
        content = content_of(name, product, status, to)
        told = Told(
            number=row.number,
            upload_id=upload_id(row, subject.version, content),
            name=name,
            product=product,
            status=status,
            at=subject.at,
            recipients=recipients,
        )
        return Plan(subject=subject, content=content, told=told)

    async def accepted(self, row: Row) -> None:
        """It was processed: the citizen sees it, so a notice may go."""
        notify = await self._work.uow.fetchval(sql.ACCEPTED, row.id, row.upload_id, self._work.now)
        if notify and row.upload_id and self._client.notifies:
            self._work.outbox.add(NOTIFY, self._work.now, dossier=row.id, upload=row.upload_id)

    async def refused(self, row: Row, fault: str) -> None:
        """It was refused after all."""
        await self._work.uow.execute(sql.REFUSED, row.id, fault[:300], self._work.now)

    async def notified(self, row: Row) -> None:
        """The notice is on its way."""
        await self._work.uow.execute(sql.NOTIFIED, row.id, row.upload_id, self._work.now)

    async def not_notified(self, row: Row, fault: str) -> None:
        """No notice will go; visible on the dossier."""
        await self._work.uow.execute(sql.NOT_NOTIFIED, row.id, f"notice: {fault}"[:300])

    async def _tell(self, row: Row, plan: Plan, told: Told) -> DossierRefused | None:
        uow, now = self._work.uow, self._work.now
        try:
            await self._client.push(told)
        except DossierRefused as refusal:
            await self.refused(row, str(refusal))
            return refusal
        status = told.status
        await uow.execute(
            sql.PUSHED,
            row.id,
            told.upload_id,
            plan.content,
            status.phase,
            status.code,
            status.action is not None,
            to_notify(row, status),
            now,
        )
        self._work.outbox.add(RESULT, now + SOON, dossier=row.id, upload=told.upload_id)
        about = ("question", row.question_id) if row.question_id else ("case", row.case_id)
        self._work.trail.record(about[0], [about[1]], fields=["status"])
        return None

    async def _take_away(self, row: Row) -> None:
        """Nobody may see it there (any more); not before it was processed: it would come back."""
        since = self._work.now - row.pushed_at if row.pushed_at else UNHEARD
        if row.state == "pending" and since < UNHEARD:
            raise DossierAway("notProcessed")
        if row.unheard or (row.state in TOLD and row.upload_id is not None):
            await self._client.delete(row.number)
            if row.unheard and since < UNSURE:
                raise DossierAway("notProcessed")
            await self._work.uow.execute(sql.DELETED, row.id, self._work.now)

    async def _profile(self, subject: Subject) -> Profile | None:
        """The customer when it is told to them: they agreed, and are there to read it."""
        if subject.customer_id is None:
            return None
        file = await self._customers.file(subject.customer_id)
        if not await shares(self._work.uow, file.members):
            return None
        profile = (await self._customers.profiles([file.id])).get(file.id)
        return profile if profile and profile.standing == "active" else None

    def _recipients(self, profile: Profile, to: set[UUID]) -> Recipients:
        chosen = [one for one in profile.identifiers if one.id in to]
        numbers = self._customers.numbers(msgspec.structs.replace(profile, identifiers=chosen))
        return Recipients(
            ssins=tuple(sorted(numbers.get("ssin", ()))),
            enterprise_numbers=tuple(sorted(numbers.get("enterpriseNumber", ()))),
            v_codes=tuple(sorted(numbers.get("vCode", ()))),
        )

    async def _product(self, subject: Subject) -> tuple[str | None, str | None]:
        """Name and number of the product; neither of what is sensitive, so that it says nothing."""
        if subject.sensitive or subject.product_id is None:
            return None, None
        row = await self._products.row(subject.product_id)
        return self._products.view(row).name or None, row["product_number"] or row["concept_number"]


def _is_news(row: Row, plan: Plan) -> bool:
    """Whether it has to be told."""
    return (plan.content, row.state) not in {(row.content, "pending"), (row.content, "accepted")}
