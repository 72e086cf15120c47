"""Resource: the verification of a contact point."""

from uuid import UUID

from litestar import Controller, Response
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, JSONBody

from backend.crm.customers.schemas import CustomerView
from backend.crm.customers.service import CustomerService
from backend.crm.verification.schemas import VerificationConfirm, VerificationView
from backend.crm.verification.service import VerificationService
from backend.kit.etag import ETAG, tagged
from backend.kit.idempotency import Once
from backend.kit.operation import get, post
from backend.kit.problems import MEDIA_TYPE, ProblemError
from backend.kit.work import Work


def provide_verifications(work: NamedDependency[Work]) -> VerificationService:
    """Dependency `verifications`."""
    return VerificationService(work, CustomerService(work))


class VerificationController(Controller):
    """Verification of an e-mail address."""

    path = "/customers/{customer_id:uuid}/contactPoints/{contact_point_id:uuid}/verification"
    tags = ["crm"]
    dependencies = {"verifications": Provide(provide_verifications, sync_to_thread=False)}

    @post(problems=[404, 409, 422, 429])
    async def send_verification_code(
        self,
        customer_id: FromPath[UUID],
        contact_point_id: FromPath[UUID],
        verifications: NamedDependency[VerificationService],
        once: NamedDependency[Once],
    ) -> Response[VerificationView]:
        """Mail a code of six digits to this address: good for ten minutes and five tries, an earlier one ends.

        At most three codes an hour go to one address, whoever's it is: 429 with Retry-After.
        """
        asked = {"customerId": customer_id, "contactPointId": contact_point_id}
        return await once.run(asked, lambda: verifications.request(customer_id, contact_point_id))

    @get(problems=[404, 409])
    async def get_verification(
        self,
        customer_id: FromPath[UUID],
        contact_point_id: FromPath[UUID],
        verifications: NamedDependency[VerificationService],
    ) -> VerificationView:
        """How the newest code for this address fares: mailed or refused, until when, how many tries are left."""
        return await verifications.get(customer_id, contact_point_id)

    @post("/confirm", problems=[404, 409], status_code=200, response_headers=[ETAG])
    async def confirm_verification_code(
        self,
        customer_id: FromPath[UUID],
        contact_point_id: FromPath[UUID],
        data: JSONBody[VerificationConfirm],
        verifications: NamedDependency[VerificationService],
    ) -> Response[CustomerView]:
        """The customer tells the code: the address is verified (`verifiedHow` = `emailCode`).

        409 `wrongCode` says how many tries are left; `verificationUsedUp`, `verificationExpired`,
        `verificationUndeliverable`, `verificationNotAsked` and `alreadyVerified` end it.
        """
        found = await verifications.confirm(customer_id, contact_point_id, data.code)
        if isinstance(found, ProblemError):  # not raised: the try that it cost has to be committed
            return Response(found.body(), status_code=found.status, media_type=MEDIA_TYPE)  # type: ignore[arg-type]
        return tagged(found, found.version)
