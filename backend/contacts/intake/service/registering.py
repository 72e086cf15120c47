"""From a form that was accepted to a contact with a question, in one transaction, once."""

import random
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from backend.contacts.intake.schemas import FormAddress, FormSubmit, Typed
from backend.contacts.registration.schemas import Caller, ContactCreate, QuestionCreate
from backend.contacts.registration.service import Arrived, ContactService
from backend.contacts.rules import Assistance, Channel, Identity
from backend.crm.sharing.service import agree
from backend.kit.crypto import DecryptionFailed
from backend.kit.db import Row
from backend.kit.problems import invalid_input
from backend.kit.schema import given
from backend.kit.work import Work

REGISTER = "contacts.registerForm"
"""Outbox topic; ids: `form`. A trigger of the database adds it."""
MATCH = "contacts.matchForm"
"""Outbox topic; ids: `form`."""
TABLE = "submission"
MOST_A_DAY = 3
"""Forms of one typed identity within a day that are matched and acknowledged; more are questions like any other."""

_PURPOSE = "typedIdentity"
_FORM = """
SELECT id, reference, payload, accepted_at FROM submission WHERE id = $1 AND question_id IS NULL FOR UPDATE
"""
_COUNT = """
SELECT count(*) FROM submission
 WHERE typed_lookup = ANY($1::bytea[]) AND accepted_at > $2::timestamptz - interval '24 hours'
"""
_TURN = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_PRODUCT = "SELECT EXISTS (SELECT FROM product WHERE id = $1)"
_REGISTERED = """
UPDATE submission SET question_id = $2, payload = NULL, typed = $3, typed_lookup = $4 WHERE id = $1
"""


class FormUnreadable(Exception):
    """What is kept of a form cannot be read; the text holds no personal data."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a form until it is registered.

    Attributes:
        form: as it was sent.
        customer: who was logged in.
        assistance: the guided questions that led to it.
    """

    form: FormSubmit
    customer: UUID | None = None
    assistance: Assistance | None = None

    @property
    def channel(self) -> Channel:
        """Over which it came."""
        return "assistant" if self.assistance else "webForm"


class RegisteringService:
    """Registers forms.

    Args:
        work: the unit of work, of the platform.
        contacts: registers the contact.
        pause: a form is matched so many seconds later, at least and at most.
    """

    def __init__(self, work: Work, contacts: ContactService, pause: tuple[int, int]) -> None:
        self._work = work
        self._contacts = contacts
        self._pause = pause

    async def register(self, form_id: UUID) -> None:
        """A question of a form; nothing when it is one already.

        Raises:
            FormUnreadable: it cannot be decrypted or is no form.
            ProblemError: it cannot be registered.
        """
        work = self._work
        row = await work.uow.fetchrow(_FORM, form_id)
        if row is None:
            return
        kept = self._read(row)
        form = await self._with_known_product(kept.form)
        typed = None if kept.customer else typed_of(form)
        lookup, within = await self._counted(typed, row["accepted_at"]) if typed else (None, kept.customer is not None)
        contact = contact_of(form, row["accepted_at"], customer=kept.customer, acknowledge=within, channel=kept.channel)
        identity: Identity = "confirmed" if kept.customer else "claimed" if typed else "anonymous"
        if kept.customer:
            await agree(work, kept.customer)
        arrived = Arrived(reference=row["reference"], identity=identity, assistance=kept.assistance)
        view = await self._contacts.register(contact, arrived)
        sealed = None
        if typed and within:
            plain = msgspec.json.encode(typed).decode()
            sealed = work.keys.encrypt(plain, table=TABLE, column="typed", row=form_id)
            pause = timedelta(seconds=random.uniform(*self._pause))  # noqa: S311 so that nobody sees when; no secret
            work.outbox.add(MATCH, work.now + pause, form=form_id)
        await work.uow.execute(_REGISTERED, form_id, view.questions[0].id, sealed, lookup)

    def _read(self, row: Row) -> Kept:
        try:
            plain = self._work.keys.decrypt(row["payload"], table=TABLE, column="payload", row=row["id"])
            return msgspec.json.decode(plain, type=Kept)
        except (DecryptionFailed, msgspec.MsgspecError) as error:
            raise FormUnreadable(type(error).__name__) from None

    async def _with_known_product(self, form: FormSubmit) -> FormSubmit:
        """Without a product that is not (any more) there: the question is asked all the same."""
        product_id = given(form.product_id)
        if product_id is None or await self._work.uow.fetchval(_PRODUCT, product_id):
            return form
        return msgspec.structs.replace(form, product_id=msgspec.UNSET)

    async def _counted(self, typed: Typed, at: datetime) -> tuple[bytes, bool]:
        """The keyed hash of a typed identity, and whether it sent few enough forms today."""
        text = (typed.email or f"{typed.given_name} {typed.family_name} {typed.organisation_name}").casefold()
        lookup = self._work.keys.lookup(text, purpose=_PURPOSE)
        await self._work.uow.execute(_TURN, lookup.hex())
        before = await self._work.uow.fetchval(_COUNT, self._work.keys.lookups(text, purpose=_PURPOSE), at)
        return lookup, before < MOST_A_DAY


def typed_of(form: FormSubmit) -> Typed | None:
    """Who the sender says to be; None when nothing of it was said."""
    typed = Typed(
        requester=form.requester,
        given_name=given(form.given_name) or "",
        family_name=given(form.family_name) or "",
        organisation_name=given(form.organisation_name) or "",
        email=given(form.email) or "",
        phone=given(form.phone) or "",
        address=given(form.address),
    )
    said = (typed.given_name, typed.family_name, typed.organisation_name, typed.email, typed.phone)
    return typed if any(said) else None


def contact_of(
    form: FormSubmit,
    at: datetime,
    *,
    customer: UUID | None = None,
    acknowledge: bool = True,
    channel: Channel = "webForm",
) -> ContactCreate:
    """The contact of a form.

    Raises:
        ProblemError: 400 when the answer cannot go where it is wished.
    """
    if form.answer_channel == "email" and not given(form.email) and customer is None:
        raise invalid_input("To be answered by e-mail, give an address.", name="email")
    if form.answer_channel == "phone" and not given(form.phone) and customer is None:
        raise invalid_input("To be called back, give a number.", name="phone")
    address = given(form.address)
    question = QuestionCreate(
        kind=form.kind,
        subject=form.subject,
        text=form.text,
        product_id=form.product_id,
        language=form.language,
        answer_channel=form.answer_channel,
        call_back_windows=form.call_back_windows,
        structured_answers=form.structured_answers,
        location=form.location,
        acknowledge=acknowledge,
    )
    return ContactCreate(
        channel=channel,
        started_at=at,
        ended_at=at,
        customer_id=customer or msgspec.UNSET,
        caller=_caller(form),
        notes=f"Adres volgens het formulier: {_in_words(address)}" if address else msgspec.UNSET,
        questions=[question],
    )


def _caller(form: FormSubmit) -> Caller | msgspec.UnsetType:
    person = " ".join(part for part in (given(form.given_name), given(form.family_name)) if part)
    organisation = given(form.organisation_name)
    name = f"{organisation} ({person})" if organisation and person else organisation or person
    if not (name or given(form.email) or given(form.phone)):
        return msgspec.UNSET
    return Caller(name=name[:200] or msgspec.UNSET, phone=form.phone, email=form.email)


def _in_words(address: FormAddress) -> str:
    box = given(address.box)
    number = f"{address.number} bus {box}" if box else address.number
    return f"{address.street} {number}, {address.postcode} {address.municipality}"
