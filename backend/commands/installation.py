"""The parts of `onthaal up` on one machine: what is embedded, what is yours, and how they find each other."""

import http.client
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from backend.commands import provider
from backend.commands.city import read_city
from backend.commands.options import ROOT
from backend.commands.seed import DEMO
from backend.kit.embedded.cluster import Cluster
from backend.kit.embedded.mailsink import MailSink
from backend.kit.embedded.places import Places, Runtime, free_port
from backend.kit.embedded.redis import RedisServer
from backend.kit.embedded.supervisor import Part
from backend.kit.roles import APPLICATION
from backend.settings import Settings, variable
from bff.settings import load
from bff.settings import variable as channel_variable

DATABASE = "onthaal"
SUPERUSER = "postgres"
LOOPBACK = "127.0.0.1"
MAIL_PORT = 1025
"""Where the mail server listens when nobody else does."""
PROVIDER_PORT = 8090
"""Where the demo provider listens when nobody else does; part of its name."""
SIMULATOR_PORT = 9445
SIMULATOR = ROOT / "tests" / "simulators" / "burgerprofiel.py"
"""Mijn Burgerprofiel as far as we tell it things and it asks us; comes with a checkout."""
READY_SECONDS = 60.0
GRACE_SECONDS = 30.0
"""More than API and worker take to let what runs finish."""


class Installation:
    """What runs for one data folder.

    Args:
        settings: read after leftovers were stopped, so that addresses in it are the user's own.
        places: the data folder, locked.
    """

    def __init__(self, settings: Settings, places: Places) -> None:
        self.settings = settings
        self.places = places
        self.cluster = None if settings.database_url else Cluster(places.postgres, places.run)
        self._redis = None if settings.redis_url else RedisServer(places.redis, places.run)
        self._mail = None if settings.smtp_url else MailSink(places.mail, free_port(LOOPBACK, MAIL_PORT))
        self._providers_file = ""
        self._burgerprofiel_file = settings.burgerprofiel_file
        self.issuer = ""
        self.burgerprofiel_url = ""
        self._source: dict[str, str] = {}
        host = settings.host if settings.host not in {"0.0.0.0", "::"} else LOOPBACK  # noqa: S104 a comparison
        self._host = host
        owner = settings.migration_database_url or settings.database_url
        url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
        self.runtime = Runtime(
            url=url,
            database_url=settings.database_url or self._database(APPLICATION),
            migration_database_url=owner or self._database(SUPERUSER),
            redis_url=settings.redis_url or (self._redis.url() if self._redis else ""),
            smtp_url=settings.smtp_url or (self._mail.url() if self._mail else ""),
            metrics_url=f"{url}/metrics",
            mail_in_url=f"smtp://{LOOPBACK}:{free_port(LOOPBACK, settings.mail_in_port)}",
        )

    def _database(self, user: str, name: str = DATABASE) -> str:
        return self.cluster.url(user, name) if self.cluster else ""

    @property
    def maintenance_url(self) -> str:
        """Where the database is made; empty when the cluster is not ours."""
        return self._database(SUPERUSER, "postgres")

    @property
    def configuration(self) -> Settings:
        """The configuration that API and worker run with."""
        return msgspec.structs.replace(
            self.settings,
            data=str(self.places.data),
            database_url=self.runtime.database_url,
            migration_database_url=self.runtime.migration_database_url,
            redis_url=self.runtime.redis_url,
            smtp_url=self.runtime.smtp_url,
            mail_in_host=LOOPBACK,
            mail_in_port=self._mail_in_port,
            public_url=self.settings.public_url or self.runtime.url,
            widget_url=self.settings.widget_url or f"{self.settings.public_url or self.runtime.url}/widget",
        )

    def login(self) -> Part:
        """The demo provider, with the demo users; put in place at the first start.

        Raises:
            StartError: it cannot run here: no Node.js, or its packages cannot be fetched.
        """
        server = provider.prepared(
            self.places.data / "provider",
            read_city(DEMO),
            name=self.settings.city,
            port=free_port(LOOPBACK, PROVIDER_PORT),
            public_url=self.configuration.address,
            organisation=self.settings.organisation,
        )
        server.install()
        self.issuer = server.issuer
        self._providers_file = str(provider.providers_file(server.folder))
        return server.part()

    def burgerprofiel(self) -> Part | None:
        """The simulator of Mijn Burgerprofiel, coupled both ways; None: another is configured, or this is no checkout.

        What it pulls and the page of its forms are left as they are where they are configured.
        """
        if self.settings.burgerprofiel_file or not SIMULATOR.exists():
            return None
        port, folder = free_port(LOOPBACK, SIMULATOR_PORT), self.places.data / "burgerprofiel"
        self.burgerprofiel_url = f"http://{LOOPBACK}:{port}/"
        self._burgerprofiel_file = str(folder / "burgerprofiel.json")
        self._source = _source_settings(folder, self.burgerprofiel_url)
        module = ".".join(SIMULATOR.relative_to(ROOT).with_suffix("").parts)
        return Part(
            name="burgerprofiel",
            command=[
                *(sys.executable, "-m", module, "--port", str(port), "--data", str(folder)),
                *("--source", f"{self.configuration.address}/burgerprofiel"),
            ],
            popen_options={"cwd": ROOT},
            ready=lambda: _answers(port),
        )

    def embedded(self) -> list[Part]:
        """The servers that are not configured; the database last, as its first start takes longest."""
        made = [self._redis, self._mail, self.cluster]
        return [server.part() for server in made if server is not None]

    def own(self, metrics: str) -> list[Part]:
        """Worker, mail intake and API; the worker first, as nobody waits for it.

        Args:
            metrics: folder through which their figures are added up.
        """
        env = {**self._environment(), "PROMETHEUS_MULTIPROC_DIR": metrics}
        return [
            Part(name="worker", command=_onthaal("worker"), env=env, grace=GRACE_SECONDS),
            Part(name="mail-in", command=_onthaal("mail-in"), env=env, ready=self.takes_mail, grace=GRACE_SECONDS),
            Part(
                name="api",
                command=_onthaal("serve", "--channels"),
                env={**env, **self._channels()},
                ready=self.ready,
                ready_seconds=READY_SECONDS,
                grace=GRACE_SECONDS,
            ),
        ]

    def _environment(self) -> Mapping[str, str]:
        """Their configuration; the owner's login is left out, they have no business with it."""
        configuration = self.configuration
        served = ("host", "port", "workers", "public_url", "widget_url", "mail_in_host", "mail_in_port")
        names = ("data", "database_url", "redis_url", "smtp_url", *served)
        given = {name: str(getattr(configuration, name)) for name in names}
        given |= {"burgerprofiel_file": self._burgerprofiel_file} if self._burgerprofiel_file else {}
        return {variable(name): value for name, value in given.items()}

    def _channels(self) -> Mapping[str, str]:
        """The configuration of the channels, which run in the processes of the API."""
        given = {
            "host": self.settings.host,
            "port": self.settings.port,
            "public_url": self.configuration.address,
            "keys": self.places.data / "keys",
            "sessions_url": self.runtime.redis_url,
            "providers_file": self._providers_file,
            **self._source,
        }
        return {channel_variable(name): str(value) for name, value in given.items() if value}

    @property
    def _mail_in_port(self) -> int:
        return int((self.runtime.mail_in_url or "").rpartition(":")[2])

    def takes_mail(self) -> bool:
        """Whether the mail intake greets a mail server now."""
        try:
            with socket.create_connection((LOOPBACK, self._mail_in_port), timeout=1) as connection:
                return connection.recv(3) == b"220"
        except OSError:
            return False

    def ready(self) -> bool:
        """Whether the API says it can take work."""
        connection = http.client.HTTPConnection(self._host, self.settings.port, timeout=3)
        try:
            connection.request("GET", "/health/ready")
            return connection.getresponse().status == http.client.OK
        except (OSError, http.client.HTTPException):
            return False
        finally:
            connection.close()


def _source_settings(folder: Path, url: str) -> dict[str, str]:
    """What makes the channels a source of the simulator in `folder` at `url`, but for what is configured already."""
    configured = load()
    page = f"{url}formulier"
    given = {} if configured.source_file else {"source_file": str(folder / "source.json")}
    forms = {
        "form_url": f"{page}/{{productNumber}}",
        "form_sso_audience": "onthaal-formulier",
        "form_sso_url": f"{page}/api/v1/temp-sso-token",
    }
    return given if any(getattr(configured, name) for name in forms) else given | forms


def _answers(port: int) -> bool:
    """Whether a server on this machine answers its first page."""
    connection = http.client.HTTPConnection(LOOPBACK, port, timeout=3)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _onthaal(*command: str) -> list[str]:
    """A command of this very installation; -P: a folder `backend` where the user stands is not ours."""
    return [sys.executable, "-P", "-m", "backend.cli", *command]
