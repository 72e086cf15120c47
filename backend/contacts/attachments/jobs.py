"""Having a file scanned; the handler of outbox topic `contacts.scanAttachment`."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from backend.contacts.attachments.rules import NOT_SCANNED, TOO_LARGE_TO_SCAN, UNREADABLE
from backend.contacts.attachments.service import AttachmentService, Verdict
from backend.contacts.life.service import Holding
from backend.contacts.rules import Placer
from backend.kit.crypto import DecryptionFailed
from backend.kit.db import UnitOfWork
from backend.kit.outbox import DeadLetter, Effect, Handler, SlowHandler, TryAgain
from backend.kit.scanner import Scanner, ScannerAway, TooLarge
from backend.kit.work import Work


class AttachmentScanner:
    """Scans files in the background; without a scanner it lets them pass, unscanned, as the settings chose.

    Args:
        begin: begins a unit of work of the platform, given what asked for it; committed when the block ends well.
        work: makes one of a transaction.
        placer: who owns a question, in a unit of work.
        scanner: the scanner.
    """

    def __init__(
        self,
        begin: Callable[[str], AbstractAsyncContextManager[Work]],
        work: Callable[[UnitOfWork, Effect], Work],
        placer: Callable[[Work], Placer],
        scanner: Scanner,
    ) -> None:
        self._begin = begin
        self._work = work
        self._placer = placer
        self._scanner = scanner

    @property
    def handler(self) -> SlowHandler:
        """For the outbox."""
        return SlowHandler(self._prepare)

    async def _prepare(self, effect: Effect) -> Handler:
        """Scan, without a transaction; while the scanner is away the outbox tries again, and at last it is an error."""
        attachment_id = UUID(effect.ids["attachment"])
        try:
            verdict = await self._verdict(effect, attachment_id)
        except DecryptionFailed as error:
            await self._give_up(effect, attachment_id, UNREADABLE)
            raise DeadLetter(str(error)) from None
        except ScannerAway as away:
            if effect.last:  # replaying the dead letter scans it all the same
                await self._give_up(effect, attachment_id, NOT_SCANNED)
            raise TryAgain(str(away)) from None

        async def finish(uow: UnitOfWork, effect: Effect) -> None:
            if verdict is not None:
                await self._decide(self._work(uow, effect), attachment_id, verdict)

        return finish

    async def _verdict(self, effect: Effect, attachment_id: UUID) -> Verdict | None:
        async with self._begin(str(effect.id)) as work:
            content, now = await AttachmentService(work).to_scan(attachment_id), work.now
        if content is None:
            return None
        if not self._scanner.configured:
            return Verdict(state="clean")
        try:
            found = await self._scanner.scan(content)
        except TooLarge:
            return Verdict(state="error", finding=TOO_LARGE_TO_SCAN)
        return Verdict(state="infected" if found else "clean", finding=found, scanned_at=now)

    async def _give_up(self, effect: Effect, attachment_id: UUID, finding: str) -> None:
        async with self._begin(str(effect.id)) as work:
            await self._decide(work, attachment_id, Verdict(state="error", finding=finding))

    async def _decide(self, work: Work, attachment_id: UUID, verdict: Verdict) -> None:
        await AttachmentService(work).decide(Holding(work, self._placer(work)), attachment_id, verdict)
