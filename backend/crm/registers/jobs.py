"""Looking new customers up in the background: the handler of topic `crm.lookUp`; `plan_new` finds who waits for it.

Nothing is taken over: the differences wait for a person. Only where `ONTHAAL_REGISTERS_AUTOMATIC` is on.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

from backend.crm.registers.rules import RegisterAway, RegisterFailed
from backend.crm.registers.service import Answer, LookUps, Registers
from backend.kit.db import UnitOfWork
from backend.kit.outbox import DeadLetter, Effect, Handler, SlowHandler, TryAgain
from backend.kit.problems import ProblemError
from backend.kit.work import Work


class NewCustomers:
    """Looks customers up in the background.

    Args:
        begin: begins a unit of work of the platform, given what asked for it; committed when the block ends well.
        work: makes one of a transaction.
        registers: those that are coupled.
    """

    def __init__(
        self,
        begin: Callable[[str], AbstractAsyncContextManager[Work]],
        work: Callable[[UnitOfWork, str], Work],
        registers: Registers,
    ) -> None:
        self._begin = begin
        self._work = work
        self._registers = registers

    @property
    def handler(self) -> SlowHandler:
        """For the outbox."""
        return SlowHandler(self._prepare)

    async def _prepare(self, effect: Effect) -> Handler:
        look_ups = LookUps(lambda: self._begin(str(effect.id)), self._registers)
        try:
            async with self._begin(str(effect.id)) as work:
                plan = await look_ups.plan(work, UUID(effect.ids["customer"]), "registerLookup")
        except ProblemError as problem:
            raise DeadLetter(problem.kind or str(problem.status)) from None
        try:
            answer = Answer(record=await look_ups.ask(plan))
        except RegisterFailed as failed:
            answer = Answer(outcome=failed.outcome, code=failed.code)
            if isinstance(failed, RegisterAway):
                async with self._begin(str(effect.id)) as work:
                    await look_ups.store(work, plan, answer)
                raise TryAgain(failed.code) from None

        async def finish(uow: UnitOfWork, effect: Effect) -> None:
            await look_ups.store(self._work(uow, str(effect.id)), plan, answer)

        return finish
