"""Every setting of the channels; read once from the environment. No password or key of the core is among them.

In the embedded default (`onthaal up`) everything is filled in; split, each process names what it needs.
"""

import re
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from backend.kit.configuration import SettingsInvalid, read

Channel = Literal["agent", "widget", "burgerprofiel"]
CHANNELS: tuple[Channel, ...] = ("agent", "widget", "burgerprofiel")
AUDIENCE = "onthaal-core"
ISSUER = "urn:onthaal:channel:"
"""Before the name of a channel: who signs its tokens for the core."""


class Provider(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The identity provider of one channel (ACM/IDM, design 7 section 2), and who we are there.

    Attributes:
        issuer: exact value of `iss`; its discovery document is read at `/.well-known/openid-configuration`.
        client_id: our name there.
        client_secret_file: file with our secret, or
        client_key_file: PEM of the key we sign client assertions with (`private_key_jwt`).
        client_key_id: `kid` of that key.
        scopes: what is asked for; `openid` among them.
        acr_values: means of login that are good enough; without any, whatever the provider does.
        algorithms: the only signatures accepted.
        roles_claim: claim with the roles of staff, `"<Recht>-<context>:<OrgCode>"`.
        organisation: our own code in those roles; roles for others are not ours.
        development: with demo users; refused in production mode.
    """

    issuer: str
    client_id: str
    client_secret_file: str = ""
    client_key_file: str = ""
    client_key_id: str = ""
    scopes: tuple[str, ...] = ("openid", "profile")
    acr_values: tuple[str, ...] = ()
    algorithms: tuple[str, ...] = ("RS256",)
    roles_claim: str = "onthaal_rol_3d"
    organisation: str = ""
    development: bool = False


class SourceApi(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Who may ask us as a source of Mijn Burgerprofiel, and how we have its token checked (design 7 section 2).

    Attributes:
        introspection_url: where tokens are introspected (RFC 7662).
        issuer: who gives the tokens; also the audience of our client assertions.
        client_id: our name there.
        client_secret_file: file with our secret, or
        client_key_file: PEM of the key we sign client assertions with (`private_key_jwt`).
        client_key_id: `kid` of that key.
        audience: how a token names us.
        scope: what a token must be good for.
        development: it is a simulator, which gives tokens to anybody; refused in production mode.
    """

    introspection_url: str
    issuer: str
    client_id: str
    client_secret_file: str = ""
    client_key_file: str = ""
    client_key_id: str = ""
    audience: str
    scope: str
    development: bool = False


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation can choose; environment variable = `ONTHAAL_BFF_` + upper case, unless named otherwise.

    Attributes:
        mode: `production` refuses unsafe defaults (`ONTHAAL_MODE`).
        channels: which of them this process serves.
        host: address to listen on.
        port: port to listen on.
        public_url: address under which browsers reach the channels, without a slash at the end.
        core_url: address of the core API; empty: the core runs in this process.
        core_seconds: a call to the core takes at most this long.
        keys: folder with `channel-NAME/key.pem` per channel: what its tokens for the core are signed with.
        sessions_url: Redis that holds sessions, or `memory://` for one process that may forget them.
        providers_file: JSON: channel -> `Provider`; without one nobody can log in.
        source_file: JSON: `SourceApi`; without one Mijn Burgerprofiel gets nothing from us.
        form_url: page of the city with the contact form about a product; holds `{productId}`, our id of the product,
            or `{productNumber}`, its number in IPDC; empty: Mijn Burgerprofiel gets an empty list of forms.
        form_sso_audience: how a token names that page, for who is logged in at Mijn Burgerprofiel already.
        form_sso_url: where Mijn Burgerprofiel hands such a token over to that page; both or neither.
        form_cookies_url: where that page can ask for cookies when it is shown inside another one.
        origins: sites that may show the widget.
        trusted_proxies: how many proxies before us add to `X-Forwarded-For`.
        telephone_token_file: file with the token the switchboard shows; without one the hook is closed.
        city: name of the city on pages.
        log_level: `debug`, `info`, `warning` or `error`.
    """

    mode: Literal["development", "production"] = "development"
    channels: tuple[Channel, ...] = CHANNELS
    host: str = "127.0.0.1"
    port: int = 8081
    public_url: str = "http://127.0.0.1:8080"
    core_url: str = ""
    core_seconds: Annotated[float, msgspec.Meta(gt=0, le=60)] = 5.0
    keys: str = ".data/keys"
    sessions_url: str = "memory://"
    providers_file: str = ""
    source_file: str = ""
    form_url: str = ""
    form_sso_audience: str = ""
    form_sso_url: str = ""
    form_cookies_url: str = ""
    origins: tuple[str, ...] = ()
    trusted_proxies: Annotated[int, msgspec.Meta(ge=0, le=5)] = 0
    telephone_token_file: str = ""
    city: str = "Stad Zonderwater"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def production(self) -> bool:
        """Whether unsafe defaults are refused."""
        return self.mode == "production"


FORM_PLACES = frozenset({"{productId}", "{productNumber}"})
_ADDRESS = re.compile(r"https?://[^\s#/]+[^\s#]*")
_PLACE = re.compile(r"\{[^}]*\}?|\}")
_BARE = {"mode": "ONTHAAL_MODE", "city": "ONTHAAL_CITY", "log_level": "ONTHAAL_LOG_LEVEL"}
_LISTS = frozenset({"channels", "origins"})


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return _BARE.get(field, f"ONTHAAL_BFF_{field.upper()}")


def load(**overrides: object) -> Settings:
    """Settings from overrides, then the environment, then the defaults.

    Raises:
        SettingsInvalid: a value is not of its kind.
    """
    return read(Settings, variable, given=overrides, lists=_LISTS, about="configuration of the channels")


def providers(settings: Settings) -> dict[Channel, Provider]:
    """The identity provider of each channel.

    Raises:
        SettingsInvalid: the file cannot be used, or production mode would use demo users or http.
    """
    if not settings.providers_file:
        return {}
    try:
        found = msgspec.json.decode(Path(settings.providers_file).read_bytes(), type=dict[Channel, Provider])
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsInvalid(f"{variable('providers_file')}: {error}") from error
    for channel, one in found.items():
        if bool(one.client_secret_file) == bool(one.client_key_file):
            raise SettingsInvalid(f"{variable('providers_file')}: {channel} needs a secret or a key, one of both")
        if settings.production and (one.development or not one.issuer.startswith("https://")):
            raise SettingsInvalid(f"{variable('providers_file')}: production mode refuses the provider of {channel}")
    return found


def source(settings: Settings) -> SourceApi | None:
    """Who may ask us as a source of Mijn Burgerprofiel; None: nobody.

    Raises:
        SettingsInvalid: the file cannot be used, or production mode would ask a simulator, or over http.
    """
    if not settings.source_file:
        return None
    name = variable("source_file")
    try:
        found = msgspec.json.decode(Path(settings.source_file).read_bytes(), type=SourceApi)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsInvalid(f"{name}: {error}") from error
    if bool(found.client_secret_file) == bool(found.client_key_file):
        raise SettingsInvalid(f"{name}: a secret or a key, one of both")
    if settings.production and found.development:
        raise SettingsInvalid(f"{name}: production mode refuses the simulator of Mijn Burgerprofiel")
    if settings.production and not found.introspection_url.startswith("https://"):
        raise SettingsInvalid(f"{name}: production mode needs https")
    return found


def check_forms(settings: Settings) -> None:
    """Refuse addresses of the form page that lead nowhere.

    Raises:
        SettingsInvalid: names the setting.
    """
    for field in ("form_url", "form_sso_url", "form_cookies_url"):
        address, name = getattr(settings, field), variable(field)
        if not address:
            continue
        if not _ADDRESS.fullmatch(address):
            raise SettingsInvalid(f"{name}: an address with http or https, without spaces and without #")
        if settings.production and not address.startswith("https://"):
            raise SettingsInvalid(f"production mode needs https in {name}")
        if field != "form_url" and not settings.form_url:
            raise SettingsInvalid(f"{name} needs {variable('form_url')}")
    held = set(_PLACE.findall(settings.form_url))
    if settings.form_url and (not held or not held <= FORM_PLACES):
        raise SettingsInvalid(f"{variable('form_url')}: needs {' or '.join(sorted(FORM_PLACES))}, and no other braces")
    if bool(settings.form_sso_audience) != bool(settings.form_sso_url):
        raise SettingsInvalid(f"{variable('form_sso_audience')} and {variable('form_sso_url')}: both or neither")


def check_production(settings: Settings) -> None:
    """Refuse unsafe defaults before anything starts.

    Raises:
        SettingsInvalid: names the setting.
    """
    providers(settings)
    source(settings)
    check_forms(settings)
    if not settings.production:
        return
    if not settings.public_url.startswith("https://"):
        raise SettingsInvalid(f"production mode needs https in {variable('public_url')}")
    if settings.sessions_url == "memory://":
        raise SettingsInvalid(f"production mode needs Redis in {variable('sessions_url')}")
    if settings.core_url and not settings.core_url.startswith("https://"):
        raise SettingsInvalid(f"production mode needs https in {variable('core_url')}")
    if "*" in settings.origins:
        raise SettingsInvalid(f"production mode refuses a wildcard in {variable('origins')}")
