"""The registers file: what it may hold, what production refuses, what `onthaal doctor` says of it."""

from pathlib import Path

import msgspec
import pytest

from backend.crm.registers.service.sources import Registers
from backend.kit.configuration import SettingsInvalid
from backend.settings import RegisterSettings, Settings, registers
from tests.backend.commands.program import onthaal
from tests.simulators.associations import Associations
from tests.simulators.magda import CAPACITY, SENDER, Magda


def write(folder: Path, content: object) -> str:
    file = folder / "registers.json"
    file.write_bytes(msgspec.json.encode(content))
    return str(file)


def test_without_a_file_nothing_is_coupled() -> None:
    assert registers(Settings()) == RegisterSettings()
    none = Registers(RegisterSettings())
    assert not any(none.coupled(one) for one in ("nationalRegister", "enterpriseRegister", "associationsRegister"))


@pytest.mark.parametrize(
    "content",
    [
        {"someRegister": {}},
        {"nationalRegister": {"url": "https://x"}},
        {"associationsRegister": {"url": "ftp://x", "apiKeyFile": "x"}},
        {"associationsRegister": {"url": "https://x", "apiKeyFile": "x", "seconds": 600}},
    ],
)
def test_a_file_that_makes_no_sense_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(SettingsInvalid, match="ONTHAAL_REGISTERS_FILE"):
        registers(Settings(registers_file=write(tmp_path, content)))


def test_production_asks_no_register_without_encryption(tmp_path: Path) -> None:
    file = write(tmp_path, {"associationsRegister": {"url": "http://x", "apiKeyFile": "x"}})
    assert registers(Settings(registers_file=file)).associations_register is not None
    with pytest.raises(SettingsInvalid, match="https"):
        registers(Settings(registers_file=file, mode="production"))


def test_files_that_are_not_there_are_told_at_the_start(tmp_path: Path, magda: Magda) -> None:
    gone = {**magda.coupling(), "keyFile": str(tmp_path / "gone.pem")}
    file = write(tmp_path, {"nationalRegister": gone})
    with pytest.raises(SettingsInvalid, match=r"gone\.pem"):
        Registers(registers(Settings(registers_file=file)))


def test_the_doctor_tells_what_is_coupled(tmp_path: Path, magda: Magda, associations: Associations) -> None:
    key = associations.api_key_file.read_text().strip()
    file = write(tmp_path, {"nationalRegister": magda.coupling(), "associationsRegister": associations.coupling()})
    got = onthaal("doctor", "--json", "--data", str(tmp_path), ONTHAAL_REGISTERS_FILE=file)
    found = {check["name"]: check for check in msgspec.json.decode(got.out)["checks"]}["registers"]
    assert found["ok"] is True
    assert f"national: {magda.url} as {SENDER}, capacity {CAPACITY}, certificate until" in found["detail"]
    assert "enterprise: not coupled" in found["detail"]
    assert associations.url in found["detail"]
    assert key not in got.out
    assert magda.server.requests == [], "nobody is asked"


def test_the_doctor_tells_what_is_wrong(tmp_path: Path, magda: Magda) -> None:
    other = magda.authority.client("doctor")
    file = write(tmp_path, {"nationalRegister": magda.coupling(keyFile=str(other.key_file))})
    got = onthaal("doctor", "--json", "--data", str(tmp_path), ONTHAAL_REGISTERS_FILE=file)
    found = {check["name"]: check for check in msgspec.json.decode(got.out)["checks"]}["registers"]
    assert (found["ok"], found["vital"]) == (False, False)
    assert "not an RSA key and its certificate" in found["detail"]
