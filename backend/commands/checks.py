"""The checks of `onthaal doctor`; each looks at one thing and never takes longer than a few seconds."""

import asyncio
import smtplib
import stat
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import msgspec
import redis.asyncio
from cryptography.x509 import load_pem_x509_certificates

from backend.commands.failures import explain
from backend.commands.origin import masked
from backend.commands.safety import LOGIN, faults_of
from backend.crm.registers.service import Registers
from backend.kit.configuration import SettingsInvalid
from backend.kit.crypto import KeyRing
from backend.kit.db import Database
from backend.kit.embedded.places import Places
from backend.kit.migrate import pending
from backend.kit.roles import APPLICATION
from backend.kit.scanner import Scanner
from backend.kit.tokens import Issuer
from backend.settings import AssociationsRegister, MagdaRegister, Settings, check_production, issuers, registers

SECONDS = 5


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """What was found about one thing.

    Attributes:
        vital: without it nothing can be accepted.
        detail: version, or what is wrong.
    """

    name: str
    ok: bool
    vital: bool
    detail: str


async def examine(settings: Settings) -> list[Check]:
    """All checks, at the same time."""
    every: list[tuple[str, bool, Callable[[Settings], Awaitable[tuple[bool, str]]]]] = [
        ("configuration", True, _configuration),
        ("PostgreSQL", True, _postgresql),
        ("migrations", True, _migrations),
        ("Redis", False, _redis),
        ("mail server", False, _mail),
        ("virus scanner", False, _scanner),
        ("API", False, _api),
        ("keys", True, _keys),
        ("token issuers", True, _issuers),
        ("registers", False, _registers),
    ]
    return list(await asyncio.gather(*(_checked(settings, *one) for one in every)))


async def _checked(
    settings: Settings, name: str, vital: bool, check: Callable[[Settings], Awaitable[tuple[bool, str]]]
) -> Check:
    try:
        async with asyncio.timeout(SECONDS):
            ok, detail = await check(settings)
    except Exception as error:  # noqa: BLE001 whatever it is, the other checks go on
        ok, detail = False, explain(error) or f"{type(error).__name__}: {error}"
    return Check(name=name, ok=ok, vital=vital, detail=masked(detail))


async def _configuration(settings: Settings) -> tuple[bool, str]:
    check_production(settings)
    return True, f"{settings.mode} mode"


async def _postgresql(settings: Settings) -> tuple[bool, str]:
    if not settings.database_url:
        return False, "not configured: set DATABASE_URL or start `onthaal up`"
    async with Database(settings.database_url, role=APPLICATION, size=1) as database, database.begin() as uow:
        row = await uow.fetchrow(LOGIN)
    if row is None:
        return False, "the login cannot be examined"
    found = f"PostgreSQL {row['version']}, login {row['login']}, acts as {row['acts_as']}"
    faults = faults_of(row["login"], superuser=row["superuser"], bypasses_rls=row["bypasses_rls"], owner=row["owner"])
    if row["acts_as"] != APPLICATION:
        faults.append(f"does not act as {APPLICATION}")
    # Somebody's own laptop may use one login for all; production may not, see `safety`.
    return not (faults and settings.production), "; ".join([found, *faults])


async def _migrations(settings: Settings) -> tuple[bool, str]:
    url = settings.migration_database_url or settings.database_url
    if not url:
        return False, "no database"
    waiting = await pending(url)
    return not waiting, "pending: run `onthaal migrate`" if waiting else "none pending"


async def _redis(settings: Settings) -> tuple[bool, str]:
    if not settings.redis_url:
        return False, "not configured: set REDIS_URL or start `onthaal up`"
    client = redis.asyncio.Redis.from_url(settings.redis_url, socket_timeout=2, socket_connect_timeout=2)
    try:
        found = await client.info("server")
        append_only = (await client.config_get("appendonly")).get("appendonly")
    except redis.ResponseError:  # a managed service may forbid CONFIG
        append_only = "unknown"
    finally:
        await client.aclose()
    return True, f"Redis {found['redis_version']}, append-only file {append_only}"


async def _mail(settings: Settings) -> tuple[bool, str]:
    if not settings.smtp_url:
        return False, "not configured: set SMTP_URL or start `onthaal up`"
    return True, await asyncio.to_thread(_banner, settings.smtp_url)


def _banner(url: str) -> str:
    parts = urlsplit(url)
    kind, port = (smtplib.SMTP_SSL, 465) if parts.scheme == "smtps" else (smtplib.SMTP, 25)
    with kind(timeout=2) as server:
        code, text = server.connect(parts.hostname or "", parts.port or port)
    return f"{code} {text.decode(errors='replace').splitlines()[0]}"


async def _scanner(settings: Settings) -> tuple[bool, str]:
    scanner = Scanner(settings.scanner_url)
    if not scanner.configured:
        return True, "none: attachments are given out unscanned; set SCANNER_URL"
    return True, await scanner.version()


async def _api(settings: Settings) -> tuple[bool, str]:
    """The API of a running `up`, else the one that the settings name."""
    running = Places(settings.folder).read_runtime()
    url = running.url if running else settings.public_url or f"http://{settings.host}:{settings.port}"
    try:
        async with httpx.AsyncClient(timeout=3) as client:
            answer = await client.get(f"{url}/health/ready")
    except httpx.HTTPError as error:
        return False, f"{url} does not answer ({type(error).__name__})"
    return answer.is_success, f"{url} answers {answer.status_code}: {answer.text[:200]}"


async def _keys(settings: Settings) -> tuple[bool, str]:
    path = settings.keys_path
    if not path.exists():
        later = "" if settings.production else "; made at the first start"
        return not settings.production, f"{path} is not there{later}"
    ring = KeyRing.from_json(await asyncio.to_thread(path.read_bytes))
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return False, f"{path} can be read by others (mode {mode:o}): chmod 600 it"
    versions = ", ".join(map(str, reversed(ring.versions)))
    return True, f"{path}, mode {mode:o}; versions {versions}, {ring.writes} writes"


async def _issuers(settings: Settings) -> tuple[bool, str]:
    try:
        trusted = issuers(settings)
    except SettingsInvalid as error:
        return False, str(error)
    found = await asyncio.gather(*(_issuer(one) for one in trusted))
    return all(ok for ok, _ in found), "; ".join(text for _, text in found)


async def _issuer(issuer: Issuer) -> tuple[bool, str]:
    """Whether its key set can be read."""
    kind = " (development)" if issuer.development else ""
    if issuer.jwks_file:
        there = await asyncio.to_thread(Path(issuer.jwks_file).exists)
        # The development issuer makes its keys when it is first needed.
        return there or issuer.development, f"{issuer.issuer}{kind}: {'keys on disk' if there else 'no keys yet'}"
    try:
        async with httpx.AsyncClient(timeout=2) as client:
            (await client.get(issuer.jwks_url or "")).raise_for_status()
    except httpx.HTTPError as error:
        return False, f"{issuer.issuer}: keys cannot be read ({type(error).__name__})"
    return True, f"{issuer.issuer}: keys answer"


async def _registers(settings: Settings) -> tuple[bool, str]:
    """Which authentic registers are coupled, and whether their files can be used; nobody is asked."""
    try:
        found = registers(settings)
        Registers(found)
    except SettingsInvalid as error:
        return False, str(error)
    coupled = {
        "national": found.national_register,
        "enterprise": found.enterprise_register,
        "associations": found.associations_register,
    }
    told = [f"{name}: {_coupling(one) if one else 'not coupled'}" for name, one in coupled.items()]
    now = datetime.now(UTC)
    ends = {one.certificate_file for one in coupled.values() if isinstance(one, MagdaRegister)}
    expired = [file for file in sorted(ends) if _last_day(file) < now]
    return not expired, "; ".join(told + [f"{file} has expired" for file in expired])


def _coupling(one: MagdaRegister | AssociationsRegister) -> str:
    """How one register is coupled: where it is, and as whom and until when we ask."""
    if isinstance(one, AssociationsRegister):
        return one.url
    until = _last_day(one.certificate_file)
    return f"{one.url} as {one.sender}, capacity {one.capacity}, certificate until {until:%d/%m/%Y}"


def _last_day(file: str) -> datetime:
    return load_pem_x509_certificates(Path(file).read_bytes())[0].not_valid_after_utc
