"""Resource: the public form."""

import hashlib
from typing import Annotated, Any

from litestar import Controller, Request, Response
from litestar.connection import ASGIConnection
from litestar.di import NamedDependency, Provide
from litestar.handlers import BaseRouteHandler
from litestar.params import FromPath, HeaderParameter, JSONBody

from backend.contacts.attachments.rules import LARGEST
from backend.contacts.intake.rules import LARGEST_FORM
from backend.contacts.intake.schemas import (
    ChallengeAsk,
    ChallengeView,
    FormAttachment,
    FormReceived,
    FormStatus,
    FormSubmit,
    StatusAsk,
)
from backend.contacts.intake.service import AcceptingService, FileService, StatusService
from backend.contacts.life.service import Holding
from backend.kit.idempotency import KEY, Once
from backend.kit.operation import post
from backend.kit.problems import ProblemError, invalid_input
from backend.kit.uploads import Upload, provide_upload, taking_file
from backend.kit.work import Work

Key = Annotated[
    str | None,
    HeaderParameter(
        name="Idempotency-Key",
        description="Your own unique key of this call, 8-128 visible ASCII characters; repeat it when you retry.",
        required=True,
        schema_extra={"pattern": "^[!-~]{8,128}$"},
    ),
]


def checked(key: str | None) -> str:
    """The Idempotency-Key; 400 for what is none."""
    if key is None or not KEY.match(key):
        raise invalid_input("Send 8 to 128 visible ASCII characters.", where="header", name="Idempotency-Key")
    return key


def provide_accepting(request: Request[Any, Any, Any]) -> AcceptingService:
    """Dependency `accepting`; it has no unit of work of the application."""
    platform = request.app.state.platform
    settings = platform.settings
    return AcceptingService(
        platform.intake, platform.keys, platform.limits, cost=settings.form_cost, wait=settings.form_wait_seconds
    )


def provide_status(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> StatusService:
    """Dependency `status`."""
    platform = request.app.state.platform
    return StatusService(work, platform.limits, platform.settings.address_form)


async def small(connection: ASGIConnection[Any, Any, Any, Any], _handler: BaseRouteHandler) -> None:
    """Guard: 413 for a form of more than 64 kB; the boundary has counted the body."""
    if int(connection.headers.get("content-length", "0")) > LARGEST_FORM:
        raise ProblemError(413, f"At most {LARGEST_FORM} bytes.")


class IntakeController(Controller):
    """The public form."""

    path = "/intake"
    tags = ["contacts"]
    dependencies = {
        "accepting": Provide(provide_accepting, sync_to_thread=False),
        "status": Provide(provide_status, sync_to_thread=False),
        "upload": Provide(provide_upload, sync_to_thread=False),
    }

    @post("/challenges", problems=[429], status_code=200)
    async def ask_challenge(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[ChallengeAsk],
        accepting: NamedDependency[AcceptingService],
    ) -> ChallengeView:
        """What has to be done before a form is sent: a calculation (ALTCHA), or waiting for a while instead.

        A ticket to wait with is for people whose device cannot calculate; three an hour go to one network.
        """
        return await accepting.challenge(request.user, data)

    @post("/forms", problems=[409, 429], status_code=202, guards=[small])
    async def submit_form(
        self,
        request: Request[Any, Any, Any],
        data: JSONBody[FormSubmit],
        accepting: NamedDependency[AcceptingService],
        idempotency_key: Key = None,
    ) -> FormReceived:
        """Send a question from the website; it becomes a question at once, with the reference of the answer.

        What accepts it cannot know who is known, so the answer never tells. The same key and body get the same answer
        and are one question; 409 `proofUsed` for a proof that another form used up. At most 64 kB. Who is logged in
        needs no proof.
        """
        received, _ = await accepting.accept(request.user, data, checked(idempotency_key))
        request.app.state.platform.waker.wake()
        return received

    @post("/forms/{reference:str}/attachments", problems=[404, 409, 422, 429], **taking_file(LARGEST))
    async def attach_to_form(
        self,
        request: Request[Any, Any, Any],
        reference: FromPath[str],
        upload: NamedDependency[Upload],
        status_secret: Annotated[
            str | None,
            HeaderParameter(
                name="X-Status-Secret",
                description="`statusSecret` as the form was answered.",
                required=True,
                schema_extra={"minLength": 20, "maxLength": 100},
            ),
        ] = None,
        idempotency_key: Key = None,
    ) -> Response[FormAttachment]:
        """Add a file of at most 10 MB to a form, for who has its secret; at most five.

        409 `formNotReady` for a second after the form was sent: try again; `typeNotAllowed` and `tooManyAttachments`.
        """
        platform, trace = request.app.state.platform, request.scope["state"]["trace"]
        secret, digest = status_secret or "", hashlib.sha256(upload.content).hexdigest()
        asked = {"reference": reference, "secret": secret, "name": upload.name, "sha256": digest}
        async with platform.unit(None, "attachToForm", trace) as work:
            status = StatusService(work, platform.limits, platform.settings.address_form)
            files = FileService(work, status, Holding(work, platform.placer(work)))
            once = Once(work, f"form {reference}", checked(idempotency_key))
            answer: Response[FormAttachment] = await once.run(asked, lambda: files.attach(reference, secret, upload))
        return answer

    @post("/status", problems=[404, 429], status_code=200)
    async def get_form_status(self, data: JSONBody[StatusAsk], status: NamedDependency[StatusService]) -> FormStatus:
        """How far the question of a form is, and what the city wrote about it, for who has its secret.

        404 for a wrong secret too; after five of those within the hour 429, whatever the secret.
        """
        return await status.get(data)
