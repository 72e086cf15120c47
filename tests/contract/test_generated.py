"""Requests that schemathesis makes from openapi/core.json, valid and invalid, against a served API (schemathesis.toml).

`ONTHAAL_CONTRACT_EXAMPLES=200` makes the run longer: so many requests per operation and phase instead of a few.
"""

import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.contract.city import City
from tests.contract.served import Served

HERE = Path(__file__).parent
DESCRIPTION = HERE.parents[1] / "openapi" / "core.json"
EXAMPLES = os.environ.get("ONTHAAL_CONTRACT_EXAMPLES", "10")
SECONDS = 600 if EXAMPLES == "10" else 7200


def environment(url: str, token: str) -> dict[str, str]:
    """Of schemathesis; short, since requests reads all of it twice per request, in search of a proxy."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
    return kept | {"CONTRACT_URL": url, "CONTRACT_TOKEN": token, "CONTRACT_HOOKS": str(HERE / "hooks.py")}


@pytest.fixture
def folder(city: City, tmp_path: Path) -> Path:
    """The configuration beside the ids that exist."""
    (tmp_path / "schemathesis.toml").write_bytes((HERE / "schemathesis.toml").read_bytes())
    for kind, ids in city.ids.items():
        (tmp_path / f"{kind}.txt").write_text("".join(f'"{one}"\n' for one in ids))
    return tmp_path


def test_no_generated_request_breaks_the_contract(served: Served, city: City, folder: Path) -> None:
    arguments = ["--config-file", str(folder / "schemathesis.toml"), "run", str(DESCRIPTION), "-n", EXAMPLES]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("schemathesis")), *arguments],
        cwd=folder,
        env=environment(served.url, city.token),
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout[-20000:]}\n{done.stderr[-2000:]}\n{served.failures()}"
    me = httpx.get(f"{served.url}/me", headers={"Authorization": f"Bearer {city.token}"}, timeout=10)
    assert me.status_code == 200, "the requests took away the rights they were made with: the run proved nothing"
