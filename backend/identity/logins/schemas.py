"""JSON shapes of logins."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, UnsetType

from backend.identity.schemas import Mail
from backend.kit.schema import Input, ShortText, View

Claim = Annotated[str, Meta(min_length=1, max_length=500, examples=["OnthaalExpert-burgerzaken:OVO000000"])]


class LoginRecord(Input):
    """Who logged in with the identity provider, and the rights it says they have (`Recht-context:OrgCode`)."""

    issuer: ShortText
    subject: ShortText
    name: ShortText
    email: Mail | UnsetType = UNSET
    roles: Annotated[list[Claim], Meta(max_length=200)] = []


class LoginView(View):
    """The user this is here, with every role held, in whatever department."""

    user_id: UUID
    name: str
    roles: list[str]
