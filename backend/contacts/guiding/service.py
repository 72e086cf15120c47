"""From answers to guided questions to what a question keeps of them."""

from uuid import UUID

import msgspec

from backend.contacts.guiding.schemas import FlowAttach
from backend.contacts.life.service import Holding
from backend.contacts.rules import Assistance, FlowAnswers, Guide, Verb, answers_with, bounded, traced
from backend.kit.clock import BRUSSELS
from backend.kit.db import encode_json
from backend.kit.problems import ProblemError
from backend.kit.schema import given
from backend.kit.work import Work

_KNOWN = "SELECT structured_answers, assistance FROM question WHERE id = $1"
_KEEP = "UPDATE question SET assistance = $2::jsonb, structured_answers = $3::jsonb WHERE id = $1"


async def guided(work: Work, guide: Guide, asked: FlowAnswers, place: str = "") -> Assistance:
    """What answers that a colleague noted today lead to, no larger than what is kept.

    Args:
        work: the unit of work.
        guide: replays them.
        asked: the answers.
        place: of the flow in the body, with the dot after it, such as `questions[0].flow.`.

    Raises:
        ProblemError: 400 for an unknown flow or an answer that is none.
    """
    day = work.now.astimezone(BRUSSELS).date()
    try:
        return bounded(await guide.guided(asked, mode="agent", day=day))
    except ProblemError as error:
        error.issues = [msgspec.structs.replace(one, name=f"{place}{one.name or ''}") for one in error.issues]
        raise


class GuidingService:
    """Guided questions at a question that exists.

    Args:
        work: the unit of work.
        holding: locks the question.
        guide: replays answers.
    """

    def __init__(self, work: Work, holding: Holding, guide: Guide) -> None:
        self._work = work
        self._holding = holding
        self._guide = guide

    async def attach(self, question_id: UUID, data: FlowAttach, expected: int) -> None:
        """Keep the answers with the question; of those that it kept before, the timeline says which flow that was.

        Raises:
            ProblemError: 400 for an unknown flow or answer, 404, 409 for a question that ended, 412.
        """
        held = await self._holding.lock(question_id, expected)
        found = await guided(self._work, self._guide, data)
        known = await self._work.uow.fetchrow(_KNOWN, question_id)
        before = msgspec.convert(known["assistance"], Assistance | None) if known else None
        told = (known["structured_answers"] if known else None) or ()
        event = {**traced(found), **({"replaced": traced(before)} if before else {})}
        await self._holding.apply(Verb.GUIDE, held, reason=given(data.reason), data=event)
        kept = encode_json(found), encode_json(answers_with(told, found, before))
        await self._work.uow.execute(_KEEP, question_id, *kept)
