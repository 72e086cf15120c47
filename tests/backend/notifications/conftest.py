import asyncio
import ssl
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.notifications.rules import AppointmentFacts, FlowTaskFacts, MailContext, OutgoingMail

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
CONTEXT = MailContext(
    city="Stad Zonderwater",
    city_phone="09 399 99 99",
    city_website="https://www.zonderwater.example",
    form="informal",
    customer_name="An Verhaeghe",
    reference="4F7-K2M-9XF",
    subject="Reispas verlopen",
    question_text="Mevrouw vertrekt maandag.\nKan het met spoed?",
    department_name="Burgerzaken",
    deadline=datetime(2026, 11, 25, 16, 0, tzinfo=UTC),
    message_text="Op welke dag begint de reis?",
    product_name="Reispas",
    product_text="Een pas om te reizen.",
    first_line_information="Afspraak nodig. Breng een pasfoto mee.",
    help_sheets=[("Online een afspraak maken", "https://www.zonderwater.example/hulpfiche/reispas")],
    transaction_url="https://loket.zonderwater.example/reispas?naam=An&referentie=4F7-K2M-9XF",
    code="047 112",
    minutes=10,
    appointment=AppointmentFacts(
        news="planned",
        start=datetime(2026, 11, 30, 9, 0, tzinfo=UTC),
        end=datetime(2026, 11, 30, 9, 30, tzinfo=UTC),
        expert="Els Wouters",
        place="Stadhuis, loket 4",
        link="https://afspraken.zonderwater.example/4F7-K2M-9XF",
    ),
    notice="reminder",
    claim_url="https://www.zonderwater.example/contact/bevestig#token",
    days=7,
    flow_task=FlowTaskFacts(kind="reviewDue", title="Verhuizen", day=date(2026, 12, 20)),
    at=AT,
)
MAIL = OutgoingMail(
    message_id="019a-7b",
    to="an@burger.example",
    subject="Je vraag: één reispas [4F7-K2M-9XF]",
    text="Beste An,\n.punt vooraan\n",
    html="<p>Beste An – één</p>",
    at=AT,
)

Server = Callable[..., Awaitable[int]]


class Sink(msgspec.Struct, frozen=True):
    """The embedded mail server, as a process."""

    url: str
    maildir: Path


@pytest.fixture
def start_sink(tmp_path: Path) -> Iterator[Callable[..., Sink]]:
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> Sink:
        port_file = tmp_path / "port"
        command = [sys.executable, "-m", "backend.kit.embedded.mailsink", "--maildir", str(tmp_path / "mail")]
        started.append(subprocess.Popen([*command, "--port-file", str(port_file), *options]))
        deadline = time.monotonic() + 10
        while not port_file.exists():
            assert time.monotonic() < deadline, "the mail sink does not start"
            time.sleep(0.01)
        return Sink(f"smtp://127.0.0.1:{port_file.read_text()}", tmp_path / "mail")

    yield start
    for process in started:
        process.terminate()
        assert process.wait(10) == 0


@pytest.fixture
async def smtp_server() -> AsyncIterator[Server]:
    """Starts an aiosmtpd server with a handler of the test in this event loop; gives its port."""
    servers: list[asyncio.Server] = []

    async def start(handler: Any, tls: ssl.SSLContext | None = None, **options: Any) -> int:
        made = await asyncio.get_running_loop().create_server(
            lambda: SMTP(handler, hostname="localhost", **options), "127.0.0.1", 0, ssl=tls
        )
        servers.append(made)
        port: int = made.sockets[0].getsockname()[1]
        return port

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's TLS with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
