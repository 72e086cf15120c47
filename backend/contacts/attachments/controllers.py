"""Resource: attachments of a question."""

import hashlib
from typing import Any
from uuid import UUID

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath

from backend.contacts.attachments.rules import LARGEST, disposition
from backend.contacts.attachments.schemas import AttachmentCreated, AttachmentPage
from backend.contacts.attachments.service import AttachmentService
from backend.contacts.life.service import Holding
from backend.kit.idempotency import Once
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.uploads import Upload, provide_upload, taking_file
from backend.kit.work import Work

SAFE = {"Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'"}
"""Whatever a browser makes of a file all the same, it runs nothing and loads nothing."""


def provide_attachments(work: NamedDependency[Work]) -> AttachmentService:
    """Dependency `attachments`."""
    return AttachmentService(work)


def provide_holding(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> Holding:
    """Dependency `holding`."""
    return Holding(work, request.app.state.platform.placer(work))


class AttachmentController(Controller):
    """Files of a question."""

    path = "/questions/{question_id:uuid}/attachments"
    tags = ["contacts"]
    dependencies = {
        "attachments": Provide(provide_attachments, sync_to_thread=False),
        "holding": Provide(provide_holding, sync_to_thread=False),
        "upload": Provide(provide_upload, sync_to_thread=False),
    }

    @post(problems=[404, 409, 422], **taking_file(LARGEST))
    async def create_attachment(
        self,
        question_id: FromPath[UUID],
        upload: NamedDependency[Upload],
        holding: NamedDependency[Holding],
        attachments: NamedDependency[AttachmentService],
        once: NamedDependency[Once],
    ) -> Response[AttachmentCreated]:
        """Attach a file of at most 10 MB: PDF, image, office document, text, CSV, mail (eml, msg) or calendar (ics).

        The type follows from the content, whatever the name; `misnamed` tells that they differ. The file is `pending`
        until it was scanned, and is given out only when it is `clean`. 409 `typeNotAllowed` for another type (archives
        and documents with macros too) and `tooManyAttachments`.
        """
        asked = {"questionId": question_id, "name": upload.name, "sha256": hashlib.sha256(upload.content).hexdigest()}
        return await once.run(asked, lambda: attachments.upload(holding, question_id, upload.name, upload.content))

    @get(problems=[404])
    async def list_attachments(
        self,
        question_id: FromPath[UUID],
        attachments: NamedDependency[AttachmentService],
        page: NamedDependency[PageRequest],
    ) -> AttachmentPage:
        """The files of a question, the oldest first, without their contents."""
        return await attachments.page(question_id, page)

    @get("/{attachment_id:uuid}/content", problems=[404, 409], media_type="application/octet-stream")
    async def download_attachment(
        self,
        question_id: FromPath[UUID],
        attachment_id: FromPath[UUID],
        attachments: NamedDependency[AttachmentService],
    ) -> Response[bytes]:
        """A clean file, to be saved under a name that fits its type; every download is logged.

        409 `attachmentPending`, `attachmentInfected` or `attachmentUnusable` when it is not clean.
        """
        file = await attachments.content(question_id, attachment_id)
        headers = {**SAFE, "Content-Disposition": disposition(file.name)}
        return Response(file.content, media_type="application/octet-stream", headers=headers)
