from pathlib import Path

import msgspec
import pytest

from backend.commands.origin import masked
from backend.settings import Settings
from tests.backend.commands.program import onthaal


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://app:s3cret@db.example/x", "postgresql://app:***@db.example/x"),
        ("postgresql://app:s3:cr%40et@db/x?sslmode=require", "postgresql://app:***@db/x?sslmode=require"),
        ("postgresql://db/x?user=app&password=s3cret&port=1", "postgresql://db/x?user=app&password=***&port=1"),
        ("rediss://:s3cret@cache:6379/0", "rediss://:***@cache:6379/0"),
        ("smtp://mail.example:25", "smtp://mail.example:25"),
        ("postgresql+asyncpg://onthaal_app@/onthaal?host=/run", "postgresql+asyncpg://onthaal_app@/onthaal?host=/run"),
        ("a@b.example, c:d@e.example", "a@b.example, c:d@e.example"),
    ],
)
def test_passwords_are_masked(url: str, shown: str) -> None:
    assert masked(url) == shown


def test_nothing_configured_is_a_failure_that_says_what_to_do(tmp_path: Path) -> None:
    got = onthaal("doctor", "--data", str(tmp_path))
    assert got.code == 1
    assert "not configured: set DATABASE_URL or start `onthaal up`" in got.out
    assert not (tmp_path / "keys").exists(), "looking changes nothing"


def test_every_setting_is_told_with_where_it_comes_from(tmp_path: Path) -> None:
    secrets = {"SMTP_URL": "smtp://u:s3cret@127.0.0.1:1", "ONTHAAL_METRICS_TOKEN": "s3cret", "ONTHAAL_CITY": "Gent"}
    got = onthaal("doctor", "--json", "--data", str(tmp_path), **secrets)
    told = {one["name"]: one for one in msgspec.json.decode(got.out)["settings"]}
    assert set(told) == set(Settings.__struct_fields__)
    assert "s3cret" not in got.out
    assert (told["smtp_url"]["value"], told["smtp_url"]["origin"]) == ("smtp://u:***@127.0.0.1:1", "environment")
    assert told["metrics_token"]["value"] == "***"
    assert (told["city"]["value"], told["port"]["origin"]) == ("Gent", "default")


def test_keys_that_others_can_read_are_told(tmp_path: Path) -> None:
    keys = tmp_path / "keyring.json"
    keys.write_text("{}")
    keys.chmod(0o644)
    got = onthaal("doctor", "--json", "--data", str(tmp_path), ONTHAAL_KEYS_FILE=str(keys))
    found = {check["name"]: check for check in msgspec.json.decode(got.out)["checks"]}["keys"]
    assert found["ok"] is False
    assert got.code == 1
