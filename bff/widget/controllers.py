"""Resources of the widget itself: what the contact form asks, the link of a product with known data filled in."""

from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, Request
from litestar.params import FromPath, JSONBody, QueryParameter
from msgspec import UNSET

from backend.kit.operation import get, post
from bff.core.client import Caller, Core
from bff.session import Session
from bff.widget.core import LINK, OWN_PROFILE, PRODUCT, PROFILE, Product, Profile
from bff.widget.prefill import filled, of_login, prefill, profile_of
from bff.widget.schemas import (
    FormLimits,
    FormProduct,
    FormQuestion,
    FormView,
    LinkAsk,
    LinkView,
    OwnProfile,
    Prefill,
)
from bff.widget.words import CHANNELS, KINDS, PROOFS, REQUESTERS

LIMITS = FormLimits(
    form_bytes=64 * 1024,
    subject_length=200,
    text_length=10_000,
    answer_length=2_000,
    files=5,
    file_bytes=10 * 1024 * 1024,
)


class ContactFormController(Controller):
    """The contact form."""

    path = "/form"
    tags = ["form"]

    @get(problems=[404, 429, 502])
    async def get_contact_form(
        self,
        request: Request[Any, Any, Any],
        product_id: Annotated[
            UUID | None, QueryParameter(name="productId", description="What the question is about")
        ] = None,
    ) -> FormView:
        """What the contact form asks, in plain Dutch, for everybody the same; who is logged in finds it filled in.

        A product may ask questions of its own. A citizen, an enterprise or an association that is known to us needs no
        proof with the form.
        """
        core, caller = _called(request)
        product: Product | None = None
        if product_id:
            product = await core.get(PRODUCT, caller, product_id=product_id)
        session: Session | None = request.user
        profile = await _profile(request)
        needed = profile is None
        return FormView(
            requesters=REQUESTERS,
            kinds=KINDS,
            answer_channels=CHANNELS,
            proofs=PROOFS if needed else (),
            proof_needed=needed,
            limits=LIMITS,
            product=_product(product) if product else UNSET,
            questions=_questions(product) if product else [],
            prefill=prefill(session, profile) if session else UNSET,
        )


class LinkController(Controller):
    """The link to where a transaction is done."""

    path = "/products"
    tags = ["catalogue"]

    @post("/{product_id:uuid}/transactionLink", problems=[404, 429, 502], status_code=200)
    async def fill_contact_link(
        self, request: Request[Any, Any, Any], product_id: FromPath[UUID], data: JSONBody[LinkAsk]
    ) -> LinkView:
        """The link to the application where the transaction is done, with known data filled in.

        For who is logged in what we know is filled in too, after what was typed. Never a national number. 404 when the
        product has no such link.
        """
        core, caller = _called(request)
        known = filled(data, await _shown(request))
        answer = await core.call(LINK, caller, path={"product_id": product_id}, body=known)
        return LinkView(url=answer.value.url)


class OwnProfileController(Controller):
    """The own profile."""

    tags = ["crm"]

    @get("/own/profile", problems=[429, 502])
    async def get_own_profile(self, request: Request[Any, Any, Any]) -> OwnProfile:
        """What we know of who is logged in: the profile of a customer, else what the login itself says.

        Looking makes nobody a customer.
        """
        core, caller = _called(request)
        session: Session = request.user
        return await profile_of(OWN_PROFILE, core, caller, session) or of_login(session, caller.language)


def _called(request: Request[Any, Any, Any]) -> tuple[Core, Caller]:
    return request.app.state.core, request.scope["state"]["caller"]


async def _profile(request: Request[Any, Any, Any]) -> Profile | None:
    """Of the customer who is logged in; None when nobody is, or somebody who is no customer."""
    session: Session | None = request.user
    if session is None:
        return None
    core, caller = _called(request)
    return await profile_of(PROFILE, core, caller, session)


async def _shown(request: Request[Any, Any, Any]) -> Prefill | None:
    session: Session | None = request.user
    return prefill(session, await _profile(request)) if session else None


def _product(product: Product) -> FormProduct:
    return FormProduct(
        id=UUID(product.id),
        name=product.name,
        first_line_information=product.first_line_information,
        has_transaction=product.transaction_url is not None,
    )


def _questions(product: Product) -> list[FormQuestion]:
    return [
        FormQuestion(
            key=one.key,
            label=one.label,
            kind=one.kind,
            options=one.options,
            required=one.required,
            help=one.help or None,
        )
        for one in product.contact_form_questions
    ]
