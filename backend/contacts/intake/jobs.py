"""Making a question of a form; the handler of outbox topic `contacts.registerForm`."""

from collections.abc import Callable
from uuid import UUID

from backend.contacts.intake.service import FormUnreadable, RegisteringService
from backend.contacts.registration.service import ContactService
from backend.contacts.rules import Placer
from backend.crm.customers.service import CustomerService
from backend.kit.db import UnitOfWork
from backend.kit.outbox import DeadLetter, Effect
from backend.kit.problems import ProblemError
from backend.kit.work import Work

REFUSED = 500
"""Below it a problem is the form's own: trying again cannot help."""


class FormRegistrar:
    """Outbox handler; what was refused stays, with the form, for an administrator to see.

    Args:
        work: makes the unit of work of a job.
        placer: who owns a question.
        pause: a form is matched so many seconds later, at least and at most.
    """

    def __init__(
        self,
        work: Callable[[UnitOfWork, Effect], Work],
        placer: Callable[[Work], Placer],
        pause: tuple[int, int],
    ) -> None:
        self._work = work
        self._placer = placer
        self._pause = pause

    async def __call__(self, uow: UnitOfWork, effect: Effect) -> None:
        """Register the form; nothing when it is registered."""
        work = self._work(uow, effect)
        contacts = ContactService(work, self._placer(work), CustomerService(work))
        try:
            await RegisteringService(work, contacts, self._pause).register(UUID(effect.ids["form"]))
        except FormUnreadable as error:
            raise DeadLetter(f"the form cannot be read ({error})") from None
        except ProblemError as error:
            if error.status >= REFUSED:
                raise
            raise DeadLetter(f"the form is refused ({error.status} {error.problem().type})") from None
