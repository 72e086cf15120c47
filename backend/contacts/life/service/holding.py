"""Holding a question: locking it for whoever may act on it, and storing where it stands after a verb."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from backend.contacts.calls.rules import first_call, windows
from backend.contacts.errors import contributions_open, verb_refused
from backend.contacts.events import QuestionMoved
from backend.contacts.facts.service import told_by
from backend.contacts.rules import (
    UNMOVED,
    Channel,
    Clock,
    ContributionsOpen,
    Given,
    Kind,
    Placement,
    Placer,
    QuestionFacts,
    Standing,
    State,
    Tick,
    Verb,
    VerbRefused,
    apply,
    clock,
    hears,
    starts,
)
from backend.contacts.shielding.service import may, refuse, usual
from backend.kit.db import encode_json
from backend.kit.etag import check_version
from backend.kit.problems import forbidden
from backend.kit.work import Work

_STANDING = ", ".join(Standing.__struct_fields__)
_LOCK = f"""
SELECT id, version, reference, kind, channel, product_id, customer_id, confidentiality, created_at, call_back_windows,
       {_STANDING}
  FROM question WHERE id = $1 FOR UPDATE
"""
# not in the statement that waits for the lock: that would read it as it was before
_APPOINTMENT = "SELECT starts_at FROM appointment WHERE question_id = $1 AND state = 'planned'"
_CHANGE = """
WITH changed AS (
    UPDATE question SET state = $2, department_id = $3, assignee_id = $4, deadline = $5, next_action = $6,
           next_action_at = $7, answered_at = $8, closed_at = $9, confidentiality = $10, priority = $11,
           answer_channel = $12, escalation = $13, escalate_at = $14, bounces = $15, open_contributions = $16,
           moved_at = CASE WHEN $17 THEN $18 ELSE moved_at END, version = version + 1
     WHERE id = $1 RETURNING id, version)
INSERT INTO question_event (id, question_id, version, type, at, actor_id, state, department_id, assignee_id, reason,
                            term_id, data)
SELECT $19, id, version, $20, $18, $21, $2, $3, $4, $22, $23, $24::jsonb FROM changed RETURNING version
"""
_EVENTS = "SELECT version, at, state, type, term_id FROM question_event WHERE question_id = $1 ORDER BY version"
_BEEN_THERE = "SELECT EXISTS (SELECT FROM question_event WHERE question_id = $1 AND department_id = $2)"


_STILL_WAITING = frozenset({Verb.FORWARD, Verb.RETURN, Verb.ESCALATE})
"""Verbs that hear the clock and leave a question waiting for the customer."""


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A question, locked."""

    id: UUID
    version: int
    reference: str
    kind: Kind
    channel: Channel
    product_id: UUID | None
    customer_id: UUID | None
    confidentiality: str
    created_at: datetime
    call_back_windows: list[dict[str, Any]] | None
    appointment_at: datetime | None
    standing: Standing


class Holding:
    """Locks questions and stores what verbs lead to; what every service of verbs stands on.

    Args:
        work: the unit of work.
        placer: who owns a question and until when.
    """

    def __init__(self, work: Work, placer: Placer) -> None:
        self._work = work
        self._placer = placer

    async def lock(self, question_id: UUID, expected: int | None, *, told: bool = False) -> Held:
        """The question, locked; with `expected` the caller is a person whose rights and version are checked.

        `told` = by a customer, to somebody who must be able to see the question, or who carries it over.
        """
        row = await self._work.uow.fetchrow(_LOCK, question_id)
        if row is None:
            await refuse(self._work, question_id)
        fields = dict(row)
        names = Standing.__struct_fields__
        standing = msgspec.convert({name: fields.pop(name) for name in names}, Standing)
        at = await self._work.uow.fetchval(_APPOINTMENT, question_id)
        held = Held(standing=standing, appointment_at=at, **fields)
        if (expected is not None or told) and not (usual(self._work, row) or self._work.access.carries):
            await refuse(self._work, question_id)
        if expected is not None:
            check_version(expected, held.version)  # first: who forwarded it and heard no answer learns that it changed
            if not may(self._work, row):
                raise forbidden("This belongs to another department or colleague.", denied=("question", question_id))
        return held

    async def apply(
        self,
        verb: Verb,
        held: Held,
        given: Given | None = None,
        *,
        reason: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> Held:
        """Store the standing after the verb, with its event and its audit entry; gives the question as it is now.

        Args:
            verb: what is done.
            held: the question as it was locked, or as an earlier verb of this unit of work left it.
            given: what comes with the verb; the clock is looked up here.
            reason: why, as people read it in the timeline.
            data: ids and codes of the event; never text of a person.

        Raises:
            ProblemError: 409 when the question is not in a state for it, or parts of the answer are still open.
        """
        given = await self._given(verb, held, given)
        try:
            after = apply(verb, held.standing, given)
        except VerbRefused as error:
            raise verb_refused(error) from error
        except ContributionsOpen as error:
            raise contributions_open(held.standing.open_contributions) from error
        placement = given.placement
        anew = placement if placement and starts(verb, held.standing.state) else None
        confidentiality = held.confidentiality
        if anew and anew.sensitive and after.department_id != held.standing.department_id:
            confidentiality = "sensitive"
        if confidentiality == "sensitive" and not self._work.access.insider(after.department_id):
            await self._work.uow.keep_open(held.id)  # who passes it on sees what became of it, this once
        now = msgspec.structs.replace(held, confidentiality=confidentiality, standing=after)
        event = (uuid7(), verb, self._work.actor, reason, anew.term_id if anew else None)
        version = await self._store(now, *event, encode_json(data) if data else None, moved=verb not in UNMOVED)
        self._work.trail.record("question", [held.id])
        self._work.touch("worklist", {held.standing.department_id, after.department_id})
        if after.state != held.standing.state or verb is Verb.IDENTIFY:
            await self._work.tell(QuestionMoved(question_id=held.id))
        return msgspec.structs.replace(now, version=version)

    async def _given(self, verb: Verb, held: Held, given: Given | None) -> Given:
        """What comes with the verb, with what is known of the question itself."""
        wished = first_call(windows(held.call_back_windows), self._work.now)
        given = msgspec.structs.replace(
            given or Given(at=self._work.now), wished=wished, appointment=held.appointment_at
        )
        placement = given.placement
        if hears(verb, held.standing.state):
            given = msgspec.structs.replace(given, clock=await self._clock(verb, held, placement))
        if placement is not None:
            been = await self._work.uow.fetchval(_BEEN_THERE, held.id, placement.department_id)
            given = msgspec.structs.replace(given, been_there=been)
        return given

    async def _store(self, held: Held, *event: Any, moved: bool) -> int:
        """Question and event in one statement; gives the new version."""
        after = held.standing
        version: int = await self._work.uow.fetchval(
            _CHANGE,
            held.id,
            after.state,
            after.department_id,
            after.assignee_id,
            after.deadline,
            after.next_action,
            after.next_action_at,
            after.answered_at,
            after.closed_at,
            held.confidentiality,
            after.priority,
            after.answer_channel,
            after.escalation,
            after.escalate_at,
            after.bounces,
            after.open_contributions,
            moved,
            self._work.now,
            *event,
        )
        return version

    async def placement(self, held: Held, department_id: UUID, *, at: datetime | None = None) -> Placement:
        """What this department agrees on for the question, from now on."""
        told = await told_by(self._work.uow, held.id)
        facts = QuestionFacts(
            kind=held.kind,
            channel=held.channel,
            product_id=held.product_id,
            department_id=department_id,
            at=at or self._work.now,
            first=at is not None,
            customer_id=held.customer_id,
            postcode=told.postcode,
            topic=told.topic,
        )
        return (await self._placer.place([facts]))[0]

    async def _clock(self, verb: Verb, held: Held, placement: Placement | None) -> Clock:
        """The clock as it runs with this event."""
        before = held.standing.state
        anew = starts(verb, before)
        if anew and placement is None:
            raise ValueError(f"{verb} needs a placement")
        waits = verb is Verb.CLARIFY or (before is State.WAITING and verb in _STILL_WAITING)
        now = Tick(
            version=held.version + 1,
            at=self._work.now,
            state=State.WAITING if waits else State.IN_PROGRESS,
            term=placement.term if anew and placement else None,
        )
        return clock([now] if anew else [*await self.ticks(held), now])

    async def ticks(self, held: Held) -> list[Tick]:
        """What the clock heard of this question until now."""
        rows = await self._work.uow.fetch(_EVENTS, held.id)
        terms = await self._placer.terms({row["term_id"] for row in rows if row["term_id"]})
        ticks = [
            Tick(version=row["version"], at=row["at"], state=State(row["state"]), term=terms.get(row["term_id"]))
            for row in rows
        ]
        if terms:
            return ticks
        # registered before terms were kept: what its owner would agree on at that moment
        usual = await self.placement(held, held.standing.department_id, at=ticks[0].at)
        return [msgspec.structs.replace(ticks[0], term=usual.term), *ticks[1:]]
