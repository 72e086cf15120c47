"""Why a login does not come about."""


class LoginRefused(Exception):
    """What came from the provider or the browser is not to be trusted; the message says what, without personal data."""


class ProviderAway(Exception):
    """The identity provider did not answer, or answered that it cannot now."""
