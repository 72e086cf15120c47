"""Resource: what a citizen says about an answer; the signed link is all it takes."""

from typing import Any

from litestar import Controller, Request, Response
from litestar.params import JSONBody

from backend.contacts.voice.rules import PATH
from backend.contacts.voice.schemas import SatisfactionGive, SatisfactionReceived
from backend.contacts.voice.service import VoiceService, page
from backend.kit.operation import get, post


class VoiceController(Controller):
    """The citizen's voice."""

    tags = ["contacts"]

    @get(PATH, public=True, media_type="text/html")
    async def get_satisfaction_page(self, request: Request[Any, Any, Any]) -> Response[str]:
        """The page behind the link in an answer's mail: asks whether the question is solved; looking has no effect."""
        settings = request.app.state.platform.settings
        content, policy = page(settings.city, settings.city_phone, settings.address_form)
        return Response(content, media_type="text/html", headers={"Content-Security-Policy": policy})

    @post("/satisfaction", public=True, problems=[404], status_code=200)
    async def give_satisfaction(
        self, request: Request[Any, Any, Any], data: JSONBody[SatisfactionGive]
    ) -> SatisfactionReceived:
        """Say whether an answer helped; one that did not opens its question again, with priority.

        Without a login: the token of the link proves who may. The same twice changes nothing; 404 for a token that is
        not genuine or too old.
        """
        platform, trace = request.app.state.platform, request.scope["state"]["trace"]
        async with platform.unit(None, "giveSatisfaction", trace) as work:
            return await VoiceService(work, platform.placer(work)).give(data)
