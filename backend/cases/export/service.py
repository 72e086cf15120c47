"""Putting an export together from the services that own its parts: the same verdict as everywhere."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from backend.audit.schemas import Consultation
from backend.audit.service import AuditService
from backend.cases.applications.service import CaseService
from backend.cases.dossiers.service import dossiers_about
from backend.cases.export.rules import MOST, NOTICE, REVEAL_PURPOSE, REVEALED
from backend.cases.export.schemas import (
    ExportAppointment,
    ExportCall,
    ExportConsultation,
    ExportContact,
    ExportContribution,
    ExportEvent,
    ExportFile,
    ExportMessage,
    ExportQuestion,
    ExportRequest,
    ExportView,
)
from backend.cases.history.service import HistoryService
from backend.contacts.questions.schemas import QuestionView
from backend.contacts.questions.service import QuestionService
from backend.contacts.registration.schemas import ContactView
from backend.contacts.registration.service import ContactService
from backend.contacts.rules import Verb
from backend.crm.customers.schemas import CustomerView, RevealedView, RevealRequest
from backend.crm.customers.service import CustomerFile, CustomerService
from backend.crm.sharing.service import SharingService
from backend.identity.schemas import DepartmentView
from backend.identity.service import DepartmentService
from backend.kit.paging import MAX_LIMIT, PageRequest
from backend.kit.schema import given
from backend.kit.work import Work

Names = Mapping[UUID | None, str]
_TRUSTED = "auditor"
"""Role that sees which shielded department used the data of whom: it reads the whole log anyway."""


class ExportService:
    """One document with everything."""

    def __init__(
        self,
        work: Work,
        customers: CustomerService,
        contacts: ContactService,
        questions: QuestionService,
        cases: CaseService,
    ) -> None:
        self._work = work
        self._customers = customers
        self._contacts = contacts
        self._questions = questions
        self._cases = cases
        self._history = HistoryService(work, customers, cases)

    async def export(self, customer_id: UUID, data: ExportRequest) -> ExportView:
        """The document; the making of it is an entry in the audit log, with its purpose. 404."""
        customer = await self._customers.get(customer_id)
        members = [customer.id, *customer.merged]
        revealed = await self._revealed(customer) if data.reveal else None
        found = await self._contacts.of_customer(members, most=MOST)
        asked = await self._questions.whole(members, most=MOST)
        cases = await self._cases.of_customer(members, most=MOST)
        changes = await self._history.changes(CustomerFile(id=customer.id, members=members), most=MOST)
        told = await dossiers_about(
            self._work, questions=[one.id for one in asked], cases=[one.id for one in cases], most=MOST
        )
        departments = await self._departments()
        names: Names = {one.id: one.name for one in departments}
        own = data.purpose == "accessRequest"
        ids = [*members, *(one.id for one, _ in found), *(one.id for one in asked), *(one.id for one in cases)]
        references = {one.id: one.reference for one in asked}
        used = await AuditService(self._work).consultations(ids, most=MOST) if own else []
        self._work.trail.record("customer", members, fields=["export"], purpose=data.purpose)
        return ExportView(
            made_at=self._work.now,
            purpose=data.purpose,
            notice=NOTICE,
            complete=max(len(found), len(asked), len(cases), len(told), len(changes), len(used)) < MOST,
            customer=customer,
            revealed=revealed,
            contacts=[
                _contact(one, names, members, [references[i] for i in about if i in references], notes=own)
                for one, about in found
            ],
            questions=[_question(one, names, notes=own) for one in asked],
            cases=cases,
            status_sharing=await SharingService(self._work).said(members),
            dossiers=told,
            changes=changes,
            consultations=self._consultations(used, departments) if own else None,
        )

    async def _revealed(self, customer: CustomerView) -> RevealedView:
        return await self._customers.reveal(customer.id, RevealRequest(fields=list(REVEALED), purpose=REVEAL_PURPOSE))

    async def _departments(self) -> list[DepartmentView]:
        """Every department: there are a few dozen."""
        service, found, cursor = DepartmentService(self._work), list[DepartmentView](), None
        while True:
            page = await service.page(PageRequest(limit=MAX_LIMIT, cursor=cursor))
            found += page.items
            if (cursor := given(page.next)) is None:
                return found

    def _consultations(
        self, used: Collection[Consultation], departments: Collection[DepartmentView]
    ) -> list[ExportConsultation]:
        """Who used the data, by department; that a shielded one did is for itself and the data protection officer."""
        who, access = self._work.who, self._work.access
        shown = {
            one.id: one.name
            for one in departments
            if not one.sensitive or _TRUSTED in who.roles or access.insider(one.id)
        }
        return [
            ExportConsultation(
                at=one.at,
                action=one.action,
                purpose=one.purpose,
                department=shown[one.department] if one.department else None,
            )
            for one in used
            if one.department is None or one.department in shown
        ]


def _contact(
    view: ContactView, names: Names, members: Collection[UUID], references: list[str], *, notes: bool
) -> ExportContact:
    theirs = view.customer_id in members
    return ExportContact(
        id=view.id,
        channel=view.channel,
        direction=view.direction,
        started_at=view.started_at,
        ended_at=view.ended_at,
        department=names.get(view.department_id),
        on_behalf=not theirs,
        caller=view.caller if theirs else None,
        notes=view.notes if notes else None,
        references=references,
    )


def _question(view: QuestionView, names: Names, *, notes: bool) -> ExportQuestion:
    same = {name: getattr(view, name) for name in ExportQuestion.__struct_fields__ if hasattr(view, name)}
    return ExportQuestion(
        **{
            **same,
            "department": names.get(view.department_id),
            "messages": [
                ExportMessage(
                    at=one.created_at,
                    direction=one.direction,
                    purpose=one.purpose,
                    channel=one.channel,
                    text=one.text,
                    sent_at=one.sent_at,
                )
                for one in view.messages
                if notes or one.direction != "note"
            ],
            "contributions": [
                ExportContribution(
                    department=names.get(one.department_id),
                    asked=one.asked,
                    asked_at=one.asked_at,
                    state=one.state,
                    text=one.text,
                    ended_at=one.ended_at,
                    reason=one.reason,
                )
                for one in view.contributions
                if notes
            ],
            "events": [
                ExportEvent(
                    at=one.at,
                    type=one.type,
                    state=one.state,
                    department=names.get(one.department_id),
                    reason=one.reason if notes else None,
                    opinion=one.data if one.type == Verb.RATE.value else None,
                )
                for one in view.timeline
            ],
            **_meetings(view, notes=notes),
        }
    )


def _meetings(view: QuestionView, *, notes: bool) -> dict[str, Any]:
    """Files, calls and appointments of a question."""
    return {
        "files": [
            ExportFile(at=one.created_at, name=one.name, media_type=one.media_type, size=one.size)
            for one in view.attachments
        ],
        "calls": [
            ExportCall(at=one.at, outcome=one.outcome, note=one.note if notes else None) for one in view.call_attempts
        ],
        "appointments": [
            ExportAppointment(
                start=one.start,
                end=one.end,
                state=one.state,
                place=one.place,
                link=one.link,
                note=one.note if notes else None,
            )
            for one in view.appointments
        ],
    }
