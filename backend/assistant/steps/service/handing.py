"""Handing over to the city what a flow could not settle: the summary, and the form with its answers."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from backend.assistant.steps import rules
from backend.assistant.steps.rules import product_of
from backend.assistant.steps.schemas import FlowHandover, FlowProduct, SummaryAnswer, SummaryAsk, SummaryView
from backend.assistant.steps.service.stepping import StepService, Taken
from backend.contacts.intake.schemas import FormSubmit
from backend.contacts.rules import Assistance
from backend.identity.service import DepartmentService
from backend.kit.schema import given
from backend.kit.work import Work
from backend.routing.placement.service import DirectoryStore, team_of


class HandingService:
    """What becomes a question.

    Args:
        steps: replays answers.
    """

    def __init__(self, steps: StepService) -> None:
        self._steps = steps

    async def summary(self, slug: str, data: SummaryAsk, work: Work, directory: DirectoryStore) -> SummaryView:
        """What would be asked, for the asker to edit; 404."""
        taken = await self._told(slug, data)
        program, position, language = taken.program, taken.position, taken.language
        product = product_of(program, position, await self._steps.around(program))
        handover = rules.handover_of(program, position)
        return SummaryView(
            subject=rules.subject(program, position, language),
            text=rules.text(program, position, language, data.left_out),
            language=language,
            answers=[
                SummaryAnswer(
                    question=one.id, title=one.title, answer=one.answer, value=one.value, sensitive=one.sensitive
                )
                for one in (rules.passed_view(each, language) for each in rules.told(position, data.left_out))
            ],
            topic=handover.topic if handover else None,
            product=FlowProduct(id=product.id, name=product.name(language)) if product else None,
            department_name=await _department(work, directory, handover.team if handover else None),
        )

    async def form(self, slug: str, data: FlowHandover) -> tuple[FormSubmit, Assistance, Taken]:
        """The form as it is sent, and what its question keeps; 404.

        Works from an open question too: who does not get further asks the city. What was left out is in neither.
        """
        taken = await self._told(slug, data)
        program, position, form = taken.program, taken.position, data.form
        product = product_of(program, position, await self._steps.around(program))
        words = rules.without(form.text, program, position, data.left_out)
        kept = rules.assistance(
            program,
            position,
            mode="citizen",
            language=taken.language,
            day=self._steps.today,
            left_out=data.left_out,
        )
        changes: dict[str, Any] = {"text": words or form.subject}
        if isinstance(form.product_id, UnsetType):
            changes["product_id"] = product.id if product else UNSET
        return msgspec.structs.replace(form, **changes), kept, taken

    async def _told(self, slug: str, data: SummaryAsk) -> Taken:
        return await self._steps.told(slug, data.answers, given(data.language), given(data.version))


async def _department(work: Work, directory: DirectoryStore, code: str | None) -> str | None:
    """What the department of a flow is called, when there is one."""
    found = team_of(await directory.get(), code) if code else None
    return (await DepartmentService(work).get(found)).name if found else None
