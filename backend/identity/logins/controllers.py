"""Resource: logins."""

from typing import Any

from litestar import Controller, Request, Response
from litestar.di import NamedDependency, Provide
from litestar.params import JSONBody

from backend.identity.logins.schemas import LoginRecord, LoginView
from backend.identity.logins.service import LoginService
from backend.kit.operation import post
from backend.kit.problems import MEDIA_TYPE, ProblemError
from backend.kit.work import Work


def provide_logins(request: Request[Any, Any, Any], work: NamedDependency[Work]) -> LoginService:
    """Dependency `logins`."""
    return LoginService(work, request.app.state.platform.settings.organisation)


class LoginController(Controller):
    """Logins."""

    path = "/logins"
    tags = ["identity"]
    dependencies = {"logins": Provide(provide_logins, sync_to_thread=False)}

    @post(status_code=200)
    async def record_login(
        self, data: JSONBody[LoginRecord], logins: NamedDependency[LoginService]
    ) -> Response[LoginView]:
        """Somebody of the staff logged in: who is that here, and with which roles.

        Made at the first login; from then on memberships and roles are exactly what each login says, unless an
        administrator made the user. 403 without any role, and for an account that was closed.
        """
        found = await logins.record(data)
        if isinstance(found, ProblemError):  # not raised: the roles that were taken away have to be committed
            return Response(found.body(), status_code=found.status, media_type=MEDIA_TYPE)  # type: ignore[arg-type]
        return Response(found)
