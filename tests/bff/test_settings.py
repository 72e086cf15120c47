"""Production refuses the demo provider, and with it the demo users."""

from pathlib import Path

import msgspec
import pytest

from backend.commands.city import read_city
from backend.commands.provider import prepared, providers_file
from backend.commands.seed import DEMO
from backend.kit.configuration import SettingsInvalid
from bff.settings import Provider, Settings, check_production, providers
from tests.backend.commands.program import onthaal

REAL = Provider(issuer="https://authenticatie.example/op", client_id="onthaal", client_key_file="key.pem")
SAFE = Settings(
    mode="production",
    public_url="https://contact.example",
    core_url="https://core.example",
    sessions_url="redis://sessions/0",
)


@pytest.fixture
def demo(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The providers file as `onthaal up` writes it."""
    folder = tmp_path_factory.mktemp("provider")
    prepared(folder, read_city(DEMO), name="Zonderwater", port=9, public_url="http://a.example", organisation="OVO1")
    return str(providers_file(folder))


def written(path: str, **providers: Provider) -> Settings:
    """Production with these providers."""
    Path(path).write_bytes(msgspec.json.encode(providers))
    return msgspec.structs.replace(SAFE, providers_file=path)


def test_production_refuses_the_demo_provider(demo: str) -> None:
    found = providers(Settings(providers_file=demo))
    assert set(found) == {"agent", "widget"}, "development takes it"
    with pytest.raises(SettingsInvalid, match="production mode refuses the provider of agent"):
        check_production(msgspec.structs.replace(SAFE, providers_file=demo))


@pytest.mark.parametrize(
    "changes",
    [{"development": True}, {"issuer": "http://authenticatie.example/op"}, {"issuer": "http://127.0.0.1:8090"}],
)
def test_each_sign_of_a_demo_is_enough(demo: str, changes: dict[str, object]) -> None:
    check_production(written(demo, agent=REAL, widget=REAL))
    for channel in ("agent", "widget"):
        bad = {"agent": REAL, "widget": REAL, channel: msgspec.structs.replace(REAL, **changes)}
        with pytest.raises(SettingsInvalid, match=f"production mode refuses the provider of {channel}"):
            check_production(written(demo, **bad))


def test_the_command_says_so_in_one_line(demo: str) -> None:
    got = onthaal(
        "bff",
        ONTHAAL_MODE="production",
        ONTHAAL_BFF_PROVIDERS_FILE=demo,
        ONTHAAL_BFF_PUBLIC_URL=SAFE.public_url,
        ONTHAAL_BFF_CORE_URL=SAFE.core_url,
        ONTHAAL_BFF_SESSIONS_URL=SAFE.sessions_url,
    )
    assert got.code == 2
    assert got.err == "onthaal: ONTHAAL_BFF_PROVIDERS_FILE: production mode refuses the provider of agent\n"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"public_url": "http://contact.example"}, "ONTHAAL_BFF_PUBLIC_URL"),
        ({"sessions_url": "memory://"}, "ONTHAAL_BFF_SESSIONS_URL"),
        ({"core_url": "http://core.example"}, "ONTHAAL_BFF_CORE_URL"),
        ({"origins": ("*",)}, "ONTHAAL_BFF_ORIGINS"),
    ],
)
def test_production_refuses_what_is_not_safe(changes: dict[str, object], named: str) -> None:
    check_production(SAFE)
    with pytest.raises(SettingsInvalid, match=named):
        check_production(msgspec.structs.replace(SAFE, **changes))
