"""Clamd's protocol: against the real one (Debian's clamav-daemon) where it is installed, and against the simulator."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from backend.kit import scanner as module
from backend.kit.embedded.places import free_port
from backend.kit.scanner import Scanner, ScannerAway, TooLarge
from tests.simulators.clamd import EICAR, SIGNATURE, Clamd

pytestmark = pytest.mark.anyio

LIMIT = 1024 * 1024
CLAMD = shutil.which("clamd") or shutil.which("clamd", path="/usr/sbin")


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """URLs of a real clamd that knows one signature."""
    if CLAMD is None:
        pytest.skip("clamd is not installed: apt-get install clamav-daemon (the simulator was tested)")
    folder = tmp_path_factory.mktemp("clamd")
    (folder / "eicar.ndb").write_text(f"{SIGNATURE}:0:*:{EICAR.hex()}\n")
    port, socket, settings = free_port("127.0.0.1"), folder / "clamd.ctl", folder / "clamd.conf"
    settings.write_text(
        f"TCPSocket {port}\nTCPAddr 127.0.0.1\nLocalSocket {socket}\nDatabaseDirectory {folder}\nForeground yes\n"
        f"OfficialDatabaseOnly no\nStreamMaxLength {LIMIT}\n"
    )
    process = subprocess.Popen(
        [CLAMD, "--config-file", str(settings)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        while not socket.exists():
            assert process.poll() is None, "clamd did not start"
            time.sleep(0.05)
        yield f"tcp://127.0.0.1:{port}", f"unix://{socket}"
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=["simulator", "simulator-unix", "clamd", "clamd-unix"])
async def scanner(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scanner]:
    if request.param.startswith("clamd"):
        yield Scanner(request.getfixturevalue("real")[request.param.endswith("unix")])
        return
    path = str(tmp_path / "clamd.ctl") if request.param.endswith("unix") else ""
    async with Clamd(LIMIT).running(path) as clamd:
        yield Scanner(f"unix://{path}" if path else clamd.url)


async def test_what_is_clean_and_what_is_not(scanner: Scanner) -> None:
    assert scanner.configured
    assert await scanner.ready()
    assert (await scanner.version()).startswith("ClamAV ")
    assert await scanner.scan(b"Beste, zie bijlage.") is None
    found = await scanner.scan(EICAR)
    assert found is not None
    assert found.startswith(SIGNATURE)
    assert await scanner.scan(b"x" * 200_000 + EICAR) is not None, "in the last piece"


async def test_the_largest_passes_and_more_gets_no_verdict(scanner: Scanner) -> None:
    assert await scanner.scan(bytes(LIMIT)) is None
    for size in (LIMIT + 1, 10 * LIMIT):  # it hangs up while most of the second is still to come
        with pytest.raises(TooLarge):
            await scanner.scan(bytes(size))


async def test_several_at_once(scanner: Scanner) -> None:
    found = await asyncio.gather(*(scanner.scan(EICAR if number % 2 else b"x" * number) for number in range(8)))
    assert [one is not None for one in found] == [False, True] * 4


@pytest.mark.parametrize("answer", [None, "", "stream: Can't allocate memory ERROR", "x" * 10_000, "UNKNOWN COMMAND"])
async def test_anything_else_is_no_verdict(answer: str | None) -> None:
    async with Clamd(answer=answer if answer != "" else " ").running() as clamd:
        with pytest.raises(ScannerAway) as away:
            await Scanner(clamd.url).scan(b"geheim")
    assert "geheim" not in str(away.value)


async def test_one_that_is_away_or_says_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for url in (f"tcp://127.0.0.1:{free_port('127.0.0.1')}", f"unix://{tmp_path}/none"):
        assert not await Scanner(url).ready()
        with pytest.raises(ScannerAway):
            await Scanner(url).scan(b"x")
    monkeypatch.setattr(module, "CONNECT_SECONDS", 0.1)
    monkeypatch.setattr(module, "SECONDS", 0.1)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1", 0) as server:
        mute = Scanner(f"tcp://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        assert not await mute.ready()
        with pytest.raises(ScannerAway, match="TimeoutError"):
            await mute.scan(b"x")


@pytest.mark.parametrize("url", ["http://x:3310", "tcp://", "unix://", "127.0.0.1:3310", "clamd"])
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="SCANNER_URL"):
        Scanner(url)


def test_without_a_url_there_is_none() -> None:
    assert not Scanner("").configured
