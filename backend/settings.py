"""Every setting with its default; read once from the environment and from what `up` wrote in the data folder."""

import os
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec

from backend.kit.configuration import SettingsInvalid, read
from backend.kit.roles import INTAKE
from backend.kit.signing import DEVELOPMENT, names_in
from backend.kit.tokens import Issuer

DEV_ISSUER = "urn:onthaal:development"
AUDIENCE = "onthaal-core"
CHANNEL_ISSUER = "urn:onthaal:channel:"
"""Before the name of a channel: who signs its tokens."""
CHANNEL_NAMES: tuple[Literal["agent", "widget", "burgerprofiel"], ...] = ("agent", "widget", "burgerprofiel")


class MagdaRegister(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How a register behind MAGDA is asked: signed SOAP over mutual TLS.

    Attributes:
        url: address of the service, without the path that the service itself prescribes.
        repertory_url: the same of the repertory, where an interest in a person is registered; `url` when left out.
        certificate_file: our client certificate, PEM; those that certify it may follow.
        key_file: its private key, PEM without a password.
        ca_file: authorities of the server, PEM; the usual ones when left out.
        sender: identification of the sender (`Afzender`) as agreed in the protocol.
        recipient: identification of the other side (`Ontvanger`).
        capacity: code of the capacity (`Hoedanigheid`) in which the city asks.
        bron: which source MAGDA asks for persons: `RR` (national register) or `KSZ` (basic data only).
        seconds: a look-up takes at most this long.
    """

    url: str
    certificate_file: str
    key_file: str
    sender: str
    capacity: str
    repertory_url: str = ""
    ca_file: str = ""
    recipient: str = "vip.vlaanderen.be"
    bron: Literal["RR", "KSZ"] = "RR"
    seconds: Annotated[float, msgspec.Meta(gt=0, le=30)] = 15.0


class AssociationsRegister(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """How the public interface of the associations register is asked.

    Attributes:
        url: its address.
        api_key_file: file with our key.
        ca_file: authorities of the server, PEM; the usual ones when left out.
        seconds: a look-up takes at most this long.
    """

    url: str = "https://publiek.verenigingen.vlaanderen.be"
    api_key_file: str
    ca_file: str = ""
    seconds: Annotated[float, msgspec.Meta(gt=0, le=30)] = 15.0


class RegisterSettings(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Which authentic registers are coupled, and how; one that is left out is not."""

    national_register: MagdaRegister | None = None
    enterprise_register: MagdaRegister | None = None
    associations_register: AssociationsRegister | None = None


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What an installation can choose; environment variable = `ONTHAAL_` + upper case, unless named otherwise.

    Attributes:
        mode: `production` refuses unsafe defaults.
        data: folder of the embedded servers, development keys, mails and logs.
        database_url: PostgreSQL as the application role (`DATABASE_URL`).
        migration_database_url: PostgreSQL as the owner, for `onthaal migrate` (`MIGRATION_DATABASE_URL`).
        intake_database_url: PostgreSQL as the role of the public form (`INTAKE_DATABASE_URL`); when left out the server
            of `database_url`, as `onthaal_intake`.
        redis_url: Redis (`REDIS_URL`).
        smtp_url: mail server, `smtp[s]://[user:password@]host:port` (`SMTP_URL`).
        scanner_url: virus scanner of attachments, clamd at `tcp://host:port` or `unix:///path` (`SCANNER_URL`).
        scanner: `none` on purpose: production gives attachments out although nothing scans them.
        meilisearch_url: search server; without one the embedded engine answers alone (`MEILISEARCH_URL`).
        meilisearch_key: search-only key, for the API (`MEILISEARCH_KEY`).
        meilisearch_admin_key: key that may fill the index, for the worker and commands only (`MEILISEARCH_ADMIN_KEY`).
        meilisearch_prefix: before the names of our indexes, on a server that others use too (`MEILISEARCH_PREFIX`).
        host: address the API listens on.
        port: port the API listens on.
        workers: API processes.
        public_url: address under which people reach the API; ids in our stream of products begin with it.
        contexts_url: folder of the JSON-LD contexts that our stream names.
        keys_file: JSON with encryption and look-up keys.
        issuers_file: JSON list of trusted token issuers.
        registers_file: JSON with the authentic registers that are coupled; without one none is.
        burgerprofiel_file: JSON that couples Mijn Burgerprofiel; without one nothing is told there.
        registers_automatic: whether a new customer with a number is looked up in its register by the worker.
        metrics_token: bearer token of `/metrics`; without one it only answers to this machine.
        cors_origins: origins allowed to call the API from a browser.
        organisation: our own code (OVO or KBO) in the rights that the identity provider gives to staff.
        city: name of the city in mails.
        city_phone: number citizens can call.
        city_website: address in mails.
        mail_from: sender of mails; customers answer to it, and reports of mail servers come to it.
        mail_in_host: address on which `mail-in` takes mail from a mail server (SMTP and LMTP).
        mail_in_port: its port.
        spam_headers: headers that call a mail spam, besides the usual ones: `Name: beginning of its value`, with commas
            in between.
        address_form: `informal` (je) or `formal` (u) texts.
        private_sources: in production, whether the catalogue may be read over http and from inside the network.
        appointments_url: where appointments are made, https; may hold the placeholders of transaction links.
        form_cost: iterations of one try of the calculation before a public form.
        form_wait_seconds: how long who cannot calculate waits before a public form.
        match_seconds_least: a public form is matched at least so long after it came in.
        match_seconds_most: and at most so long, at a moment drawn by lot.
        flow_form_url: address of the city's forms to which guided questions lead, with `{form}` for the form's name;
            without one links to forms are not shown.
        widget_url: address of the city's site where the links in our mails lead (confirmation of a form).
        worker_tasks: effects a worker runs at the same time.
        log_level: `debug`, `info`, `warning` or `error`.
    """

    mode: Literal["development", "production"] = "development"
    data: str = ".data"
    database_url: str = ""
    migration_database_url: str = ""
    intake_database_url: str = ""
    redis_url: str = ""
    smtp_url: str = ""
    scanner_url: str = ""
    scanner: Literal["", "none"] = ""
    meilisearch_url: str = ""
    meilisearch_key: str = ""
    meilisearch_admin_key: str = ""
    meilisearch_prefix: str = "onthaal_"
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    public_url: str = ""
    contexts_url: str = "https://raw.githubusercontent.com/Informatievlaanderen/ipdc-lpdc/main/jsonld"
    keys_file: str = ""
    issuers_file: str = ""
    registers_file: str = ""
    burgerprofiel_file: str = ""
    registers_automatic: bool = False
    metrics_token: str = ""
    cors_origins: tuple[str, ...] = ()
    organisation: str = "OVO000000"
    city: str = "Stad Zonderwater"
    city_phone: str = "09 399 99 99"
    city_website: str = "https://www.zonderwater.example"
    mail_from: str = "onthaal@zonderwater.example"
    mail_in_host: str = "127.0.0.1"
    mail_in_port: int = 2525
    spam_headers: tuple[str, ...] = ()
    address_form: Literal["informal", "formal"] = "informal"
    private_sources: bool = False
    appointments_url: str = ""
    form_cost: Annotated[int, msgspec.Meta(ge=1, le=1_000_000)] = 1_000
    form_wait_seconds: Annotated[int, msgspec.Meta(ge=0, le=600)] = 20
    match_seconds_least: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 30
    match_seconds_most: Annotated[int, msgspec.Meta(ge=0, le=3600)] = 120
    flow_form_url: str = ""
    widget_url: str = ""
    worker_tasks: int = 16
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def intake_url(self) -> str:
        """PostgreSQL as the role of the public form."""
        if self.intake_database_url:
            return self.intake_database_url
        parts = urlsplit(self.database_url)
        place = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=f"{INTAKE}@{place}"))

    @property
    def folder(self) -> Path:
        """The data folder."""
        return Path(self.data).expanduser().resolve()

    @property
    def keys_path(self) -> Path:
        """The key file."""
        return Path(self.keys_file) if self.keys_file else self.folder / "keys" / "keyring.json"

    @property
    def address(self) -> str:
        """The address of the API without a slash at the end; in development this machine will do."""
        return (self.public_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def inside(self) -> bool:
        """Whether sources of the catalogue may be inside the network, and over http."""
        return self.private_sources or not self.production

    @property
    def production(self) -> bool:
        """Whether unsafe defaults are refused."""
        return self.mode == "production"


_BARE = {
    "database_url": "DATABASE_URL",
    "migration_database_url": "MIGRATION_DATABASE_URL",
    "intake_database_url": "INTAKE_DATABASE_URL",
    "redis_url": "REDIS_URL",
    "smtp_url": "SMTP_URL",
    "scanner_url": "SCANNER_URL",
    "meilisearch_url": "MEILISEARCH_URL",
    "meilisearch_key": "MEILISEARCH_KEY",
    "meilisearch_admin_key": "MEILISEARCH_ADMIN_KEY",
    "meilisearch_prefix": "MEILISEARCH_PREFIX",
}

_LISTS = frozenset({"cors_origins", "spam_headers"})


def variable(field: str) -> str:
    """The environment variable of a setting."""
    return _BARE.get(field, f"ONTHAAL_{field.upper()}")


def load(data: str | None = None, **overrides: object) -> Settings:
    """Settings from overrides, then the environment, then `runtime.json` of a running `up`, then the defaults.

    Raises:
        SettingsInvalid: a value is not of its kind.
    """
    folder = data or os.environ.get(variable("data")) or Settings().data
    return read(
        Settings,
        variable,
        given={"data": data or None, **overrides},
        known=_running(Path(folder).expanduser()),
        lists=_LISTS,
    )


def _running(folder: Path) -> dict[str, object]:
    """Addresses of the embedded servers, when `up` runs on this data folder."""
    try:
        runtime = msgspec.json.decode((folder / "runtime.json").read_bytes())
    except (OSError, msgspec.DecodeError):
        return {}
    names = {
        "databaseUrl": "database_url",
        "migrationDatabaseUrl": "migration_database_url",
        "redisUrl": "redis_url",
        "smtpUrl": "smtp_url",
        "url": "public_url",
    }
    return {field: runtime[name] for name, field in names.items() if runtime.get(name)}


def issuers(settings: Settings) -> list[Issuer]:
    """Trusted token issuers: those of the file, plus the development issuer outside production mode.

    Raises:
        SettingsInvalid: the file cannot be used, or production mode would trust the development issuer or nobody.
    """
    found: list[Issuer] = []
    if settings.issuers_file:
        try:
            found = msgspec.json.decode(Path(settings.issuers_file).read_bytes(), type=list[Issuer])
        except (OSError, msgspec.DecodeError) as error:
            raise SettingsInvalid(f"{variable('issuers_file')}: {error}") from error
    if settings.production:
        if any(issuer.development or issuer.issuer == DEV_ISSUER for issuer in found):
            raise SettingsInvalid("production mode does not trust the development issuer")
        if not found:
            raise SettingsInvalid(f"production mode needs {variable('issuers_file')}")
        if any(not (issuer.jwks_file or (issuer.jwks_url or "").startswith("https://")) for issuer in found):
            raise SettingsInvalid("production mode reads key sets over https or from a file")
        return found
    keys = settings.folder / "keys"
    mine = Issuer(issuer=DEV_ISSUER, audience=AUDIENCE, jwks_file=str(keys / DEVELOPMENT.public), development=True)
    folders = {name: keys / f"channel-{name}" for name in CHANNEL_NAMES}
    channels = [
        Issuer(
            issuer=f"{CHANNEL_ISSUER}{name}",
            audience=AUDIENCE,
            jwks_file=str(folder / names_in(folder).public),
            development=True,
            channel=name,
        )
        for name, folder in folders.items()
        if not any(one.channel == name for one in found)
    ]
    return [*found, mine, *channels]


def registers(settings: Settings) -> RegisterSettings:
    """Which authentic registers are coupled, and how.

    Raises:
        SettingsInvalid: the file cannot be used, or production mode would ask a register without encryption.
    """
    if not settings.registers_file:
        return RegisterSettings()
    try:
        found = msgspec.json.decode(Path(settings.registers_file).read_bytes(), type=RegisterSettings)
    except (OSError, msgspec.DecodeError) as error:
        raise SettingsInvalid(f"{variable('registers_file')}: {error}") from error
    every = (found.national_register, found.enterprise_register, found.associations_register)
    addresses = [one.url for one in every if one] + [
        one.repertory_url for one in every if isinstance(one, MagdaRegister) and one.repertory_url
    ]
    for address in addresses:
        if not address.startswith("https://" if settings.production else ("https://", "http://")):
            raise SettingsInvalid(f"{variable('registers_file')}: an address begins with https://")
    return found


def check_production(settings: Settings) -> None:
    """Refuse unsafe defaults before anything starts.

    Raises:
        SettingsInvalid: names the setting.
    """
    if not settings.production:
        return
    needed = ("database_url", "redis_url", "smtp_url", "keys_file", "public_url", "metrics_token")
    missing = [variable(name) for name in needed if not getattr(settings, name)]
    if missing:
        raise SettingsInvalid(f"production mode needs {', '.join(missing)}")
    if bool(settings.scanner_url) == (settings.scanner == "none"):
        raise SettingsInvalid("production mode needs SCANNER_URL, or ONTHAAL_SCANNER=none to do without a scanner")
    if settings.meilisearch_url and not settings.meilisearch_key:
        raise SettingsInvalid("production mode needs MEILISEARCH_KEY, a search-only key, with MEILISEARCH_URL")
    if settings.meilisearch_key and settings.meilisearch_key == settings.meilisearch_admin_key:
        raise SettingsInvalid("production mode refuses an administration key as MEILISEARCH_KEY")
    if "*" in settings.cors_origins:
        raise SettingsInvalid("production mode refuses a wildcard in ONTHAAL_CORS_ORIGINS")
    if not settings.public_url.startswith("https://"):
        raise SettingsInvalid("production mode needs https in ONTHAAL_PUBLIC_URL")
    if settings.organisation == Settings().organisation:
        raise SettingsInvalid(f"production mode needs our own code in {variable('organisation')}")
    if "zonderwater" in f"{settings.mail_from}{settings.city}".lower():
        raise SettingsInvalid("production mode refuses the demo city: set ONTHAAL_CITY and ONTHAAL_MAIL_FROM")
    issuers(settings)
    registers(settings)
