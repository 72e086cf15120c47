"""Files that the sender of a form adds to it, once it is a question."""

from backend.contacts.attachments.service import AttachmentService
from backend.contacts.intake.schemas import FormAttachment
from backend.contacts.intake.service.status import StatusService
from backend.contacts.life.service import Holding
from backend.kit.problems import conflict
from backend.kit.uploads import Upload
from backend.kit.work import Work

MOST = 5
"""Files of one form."""

_COUNT = "SELECT count(*) FROM attachment WHERE question_id = $1 AND author_id IS NULL AND message_id IS NULL"
_TURN = "SELECT FROM submission WHERE id = $1 FOR UPDATE"


class FileService:
    """Keeps files of forms.

    Args:
        work: the unit of work, of the platform: the secret is all that the sender shows.
        status: checks the secret.
        holding: locks the question.
    """

    def __init__(self, work: Work, status: StatusService, holding: Holding) -> None:
        self._work = work
        self._status = status
        self._holding = holding

    async def attach(self, reference: str, secret: str, upload: Upload) -> FormAttachment:
        """Keep a file and have it scanned.

        Raises:
            ProblemError: 400, 404, 413 and 429 as elsewhere; 409 `formNotReady` for a moment after the form was sent,
                `tooManyAttachments`, `typeNotAllowed`.
        """
        form = await self._status.proved(reference, secret)
        if form["question_id"] is None:
            raise conflict("formNotReady", "The form is being registered; try again in a second.")
        await self._work.uow.fetch(_TURN, form["id"])
        if await self._work.uow.fetchval(_COUNT, form["question_id"]) >= MOST:
            raise conflict("tooManyAttachments", f"A form has at most {MOST} files.")
        files = AttachmentService(self._work)
        made = await files.upload(self._holding, form["question_id"], upload.name, upload.content)
        return FormAttachment(name=made.name, size=made.size)
