"""Resource: the own profile of who is logged in."""

from litestar import Controller
from litestar.di import NamedDependency, Provide

from backend.crm.customers.service import CustomerService
from backend.crm.own.schemas import OwnProfileView
from backend.crm.own.service import OwnProfileService
from backend.kit.operation import get
from backend.kit.work import Work


def provide_own_profile(work: NamedDependency[Work]) -> OwnProfileService:
    """Dependency `profile`."""
    return OwnProfileService(work, CustomerService(work))


class OwnProfileController(Controller):
    """The own profile."""

    path = "/own/profile"
    tags = ["crm"]
    dependencies = {"profile": Provide(provide_own_profile, sync_to_thread=False)}

    @get(problems=[404])
    async def get_own_profile(self, profile: NamedDependency[OwnProfileService]) -> OwnProfileView:
        """What we know of the customer who is logged in, to fill in forms with; the national number is masked."""
        return await profile.get()
