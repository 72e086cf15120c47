"""Resource: questions (appointments)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.appointments.schemas import (
    AppointmentCancel,
    AppointmentCreate,
    AppointmentOutcome,
    AppointmentPatch,
)
from backend.contacts.appointments.service import AppointmentService
from backend.contacts.life.controllers import VERB, page_of, provide_life, provide_questions
from backend.contacts.life.service import LifeService
from backend.contacts.questions.schemas import QuestionView
from backend.contacts.questions.service import QuestionService
from backend.crm.customers.service import CustomerService
from backend.kit.etag import ETAG
from backend.kit.operation import patch, post
from backend.kit.work import Work


def provide_appointments(
    request: Request[Any, Any, Any], work: NamedDependency[Work], life: NamedDependency[LifeService]
) -> AppointmentService:
    """Dependency `appointments`."""
    platform = request.app.state.platform
    address = platform.settings.appointments_url
    return AppointmentService(work, platform.placer(work), life, CustomerService(work), address)


class AppointmentController(Controller):
    """Appointments with an expert; the ETag is that of the question."""

    path = "/questions/{question_id:uuid}/appointments"
    tags = ["contacts"]
    dependencies = {
        "life": Provide(provide_life, sync_to_thread=False),
        "appointments": Provide(provide_appointments, sync_to_thread=False),
        "questions": Provide(provide_questions, sync_to_thread=False),
    }

    @post(problems=VERB, status_code=200, response_headers=[ETAG])
    async def plan_appointment(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[AppointmentCreate],
        appointments: NamedDependency[AppointmentService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Note an appointment with an expert; the customer gets a mail with moment, expert, link and calendar file.

        The appointment itself is made in the appointment system of the city. One at a time is planned.
        """
        await appointments.plan(question_id, data, expected)
        return await page_of(questions, question_id)

    @patch("/{appointment_id:uuid}", response_headers=[ETAG])
    async def change_appointment(
        self,
        question_id: FromPath[UUID],
        appointment_id: FromPath[UUID],
        data: JSONBody[AppointmentPatch],
        appointments: NamedDependency[AppointmentService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Change an appointment that is planned; the customer gets a mail with a new calendar file."""
        await appointments.change(question_id, appointment_id, data, expected)
        return await page_of(questions, question_id)

    @post("/{appointment_id:uuid}/cancel", problems=VERB, status_code=200, response_headers=[ETAG])
    async def cancel_appointment(
        self,
        question_id: FromPath[UUID],
        appointment_id: FromPath[UUID],
        data: JSONBody[AppointmentCancel],
        appointments: NamedDependency[AppointmentService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Cancel an appointment with the reason; the customer gets a mail that takes it out of the calendar."""
        await appointments.cancel(question_id, appointment_id, data, expected)
        return await page_of(questions, question_id)

    @post("/{appointment_id:uuid}/outcome", problems=VERB, status_code=200, response_headers=[ETAG])
    async def end_appointment(
        self,
        question_id: FromPath[UUID],
        appointment_id: FromPath[UUID],
        data: JSONBody[AppointmentOutcome],
        appointments: NamedDependency[AppointmentService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Say whether customer and expert met; with `answer` the question is answered there and then."""
        await appointments.end(question_id, appointment_id, data, expected)
        return await page_of(questions, question_id)
