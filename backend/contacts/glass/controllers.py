"""Resource: broken glass."""

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from backend.contacts.glass.schemas import BreakGlass
from backend.contacts.glass.service import GlassBreaker
from backend.crm.customers.service import CustomerService
from backend.identity.glass.schemas import BreakGlassPage, BreakGlassView
from backend.identity.glass.service import GlassService
from backend.kit.idempotency import Once
from backend.kit.operation import get, post
from backend.kit.paging import PageRequest
from backend.kit.work import Work


def provide_breaker(work: NamedDependency[Work]) -> GlassBreaker:
    """Dependency `breaker`."""
    return GlassBreaker(work, CustomerService(work))


def provide_glass(work: NamedDependency[Work]) -> GlassService:
    """Dependency `glass`."""
    return GlassService(work)


class BreakGlassController(Controller):
    """Broken glass."""

    path = "/breakGlass"
    tags = ["audit"]
    dependencies = {
        "breaker": Provide(provide_breaker, sync_to_thread=False),
        "glass": Provide(provide_glass, sync_to_thread=False),
    }

    @post(problems=[404, 409, 422])
    async def break_glass(
        self, data: JSONBody[BreakGlass], breaker: NamedDependency[GlassBreaker], once: NamedDependency[Once]
    ) -> Response[BreakGlassView]:
        """Open the sensitive questions of a customer, or one question, for an hour, to be read and not to be changed.

        Needs a reason. It is logged as `breakGlass`, every look under it too, and the auditors hear of it at once. The
        answer is the same when there is nothing to open.
        """
        return await once.run(data, lambda: breaker.open(data))

    @get()
    async def list_break_glass(
        self, glass: NamedDependency[GlassService], page: NamedDependency[PageRequest]
    ) -> BreakGlassPage:
        """Who broke the glass, when, why and for what, newest first."""
        return await glass.page(page)
