"""The mail of a message, made as the worker makes it."""

from uuid import UUID

from backend.app import Platform
from backend.contacts.messages.service import sendable
from backend.kit.reach import EVERYTHING
from backend.notifications.rules import OutgoingMail


async def mail_of(platform: Platform, message_id: str) -> OutgoingMail:
    """What would leave now."""
    async with platform.database.begin(EVERYTHING) as uow:
        message = await sendable(uow, UUID(message_id))
        assert message is not None
        letters = platform.letters(platform.work(uow, None, "contacts.sendMessage", "test"))
        return await letters.mail(message, await letters.asker(message))
