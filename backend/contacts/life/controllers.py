"""Resource: questions (the verbs about content; those about ownership are in `routing`)."""

from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.contacts.answering.service import AnswerService
from backend.contacts.life.schemas import Answer, Clarify, Note, Why, Withdraw
from backend.contacts.life.service import LifeService
from backend.contacts.questions.schemas import QuestionView
from backend.contacts.questions.service import QuestionService
from backend.crm.customers.service import CustomerService
from backend.kit.etag import ETAG, tagged
from backend.kit.operation import post
from backend.kit.work import Work

VERB = (404, 409, 412, 428)
"""Problems of every verb."""


def provide_life(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> LifeService:
    """Dependency `life`."""
    return LifeService(work, request.app.state.platform.placer(work), CustomerService(work))


def provide_answering(work: NamedDependency[Work], life: NamedDependency[LifeService]) -> AnswerService:
    """Dependency `answering`."""
    return AnswerService(work, life)


def provide_questions(work: NamedDependency[Work]) -> QuestionService:
    """Dependency `questions`."""
    return QuestionService(work, CustomerService(work))


async def page_of(questions: QuestionService, question_id: UUID) -> Response[QuestionView]:
    """The question as it is after a verb."""
    view = await questions.after(question_id)
    return tagged(view, view.version)


class LifeController(Controller):
    """What is said to and by the customer, and how it ends."""

    path = "/questions/{question_id:uuid}"
    tags = ["contacts"]
    dependencies = {
        "life": Provide(provide_life, sync_to_thread=False),
        "answering": Provide(provide_answering, sync_to_thread=False),
        "questions": Provide(provide_questions, sync_to_thread=False),
    }

    @post("/clarify", problems=VERB, status_code=200, response_headers=[ETAG])
    async def clarify_question(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[Clarify],
        answering: NamedDependency[AnswerService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Ask the customer something by mail, with files; the question waits for the reply."""
        await answering.clarify(question_id, data, expected)
        return await page_of(questions, question_id)

    @post("/answer", problems=VERB, status_code=200, response_headers=[ETAG])
    async def answer_question(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[Answer],
        answering: NamedDependency[AnswerService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Answer the customer: by e-mail it is sent, with files; by phone, letter or counter it is recorded."""
        await answering.answer(question_id, data, expected)
        return await page_of(questions, question_id)

    @post("/notes", problems=VERB, status_code=200, response_headers=[ETAG])
    async def note_question(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[Note],
        life: NamedDependency[LifeService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Leave a note for colleagues; the customer never sees it."""
        await life.note(question_id, data, expected)
        return await page_of(questions, question_id)

    @post("/close", problems=VERB, status_code=200, response_headers=[ETAG])
    async def close_question(
        self,
        question_id: FromPath[UUID],
        life: NamedDependency[LifeService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Close an answered question."""
        await life.close(question_id, expected)
        return await page_of(questions, question_id)

    @post("/reopen", problems=VERB, status_code=200, response_headers=[ETAG])
    async def reopen_question(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[Why],
        life: NamedDependency[LifeService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """Open an answered or closed question again, with a new deadline."""
        await life.reopen(question_id, data.reason, expected)
        return await page_of(questions, question_id)

    @post("/withdraw", problems=VERB, status_code=200, response_headers=[ETAG])
    async def withdraw_question(
        self,
        question_id: FromPath[UUID],
        data: JSONBody[Withdraw],
        life: NamedDependency[LifeService],
        questions: NamedDependency[QuestionService],
        expected: NamedDependency[int],
    ) -> Response[QuestionView]:
        """End a question without an answer: by the customer, a duplicate, spam; with the reason."""
        await life.withdraw(question_id, data, expected)
        return await page_of(questions, question_id)
