import socket
import stat
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from backend.kit.embedded import StartError
from backend.kit.embedded.places import Places, Runtime, check_port, free_port, temporary_places
from backend.kit.embedded.processes import Child

HOLDER = """
import os, sys
from pathlib import Path
from backend.kit.embedded.places import Places
with Places(Path(sys.argv[1])).lock():
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""
RUNTIME = Runtime(
    url="http://127.0.0.1:8000",
    database_url="postgresql+asyncpg://app@/onthaal?host=/run",
    migration_database_url="postgresql+asyncpg://owner@/onthaal?host=/run",
    redis_url="unix:///run/redis.sock?db=0",
    smtp_url="smtp://127.0.0.1:2525",
)


def test_a_second_instance_gets_one_line_and_a_killed_one_frees_the_folder(tmp_path: Path) -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, tmp_path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        with pytest.raises(StartError) as refused, Places(tmp_path).lock():
            pass
        expected = f"{tmp_path} is already in use by another running Onthaal (pid {pid})"
        assert str(refused.value) == expected
        holder.kill()
        holder.wait()
        with Places(tmp_path).lock():
            assert (tmp_path / "log").is_dir()


def test_a_folder_that_cannot_be_written_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    expected = pytest.raises(StartError, match=r"^cannot write in the data folder .*: Not a directory$")
    with expected, Places(tmp_path / "file" / "data").lock():
        pass


def test_folders_are_closed_to_others(tmp_path: Path) -> None:
    places = Places(tmp_path / "data")
    with places.lock():
        for folder in (places.data, places.log, places.mail, places.redis, places.run):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["x" * 90, "with space", "één"])
def test_sockets_go_elsewhere_when_the_path_does_not_suit(tmp_path: Path, name: str) -> None:
    places = Places(tmp_path / name)
    assert not places.run.is_relative_to(tmp_path)
    assert len(str(places.run / ".s.PGSQL.5432")) < 100
    with places.lock():
        assert stat.S_IMODE(places.run.stat().st_mode) == 0o700
    assert not places.run.exists()
    assert Places(tmp_path / "other").run != places.run


def test_a_socket_folder_put_there_by_another_is_not_used(tmp_path: Path) -> None:
    places = Places(tmp_path / "with space")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    places.run.symlink_to(elsewhere)
    try:
        with pytest.raises(StartError, match="File exists"), places.lock():
            pass
    finally:
        places.run.unlink()


def test_runtime_is_private_follows_restarts_and_goes_with_the_instance(tmp_path: Path) -> None:
    places = Places(tmp_path)
    with places.lock():
        places.publish(RUNTIME)
        places.record({"core": Child(pid=12, create_time=3.5)})
        assert stat.S_IMODE(places.runtime.stat().st_mode) == 0o600
        seen = Places(tmp_path).read_runtime()
        assert seen == msgspec.structs.replace(RUNTIME, pids={"core": (12, 3.5)})
        assert msgspec.json.decode(places.runtime.read_bytes())["databaseUrl"] == RUNTIME.database_url
    assert Places(tmp_path).read_runtime() is None


def test_leftovers_are_ended_with_their_own_children_and_others_are_not(tmp_path: Path) -> None:
    with (
        subprocess.Popen(["sh", "-c", "sleep 600 & echo $!; wait"], stdout=-1, start_new_session=True) as ours,
        subprocess.Popen(["sleep", "600"], start_new_session=True) as stranger,
    ):
        assert ours.stdout is not None
        ours.stdout.readline()  # its child runs
        reused = Child(pid=stranger.pid, create_time=Child.of(stranger.pid).create_time - 60)
        places = Places(tmp_path)
        with places.lock():
            places.record({"core": Child.of(ours.pid), "worker": reused})
        with places.lock():
            places.stop_leftovers()
        assert ours.stdout.read() == b""  # closed by the last process that had it
        assert stranger.poll() is None
        stranger.kill()


def test_a_port_in_use_gets_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(StartError, match=f"^port {port} on 127.0.0.1 is already in use; choose another"):
            check_port("127.0.0.1", port)
        assert free_port("127.0.0.1", port) != port
    check_port("127.0.0.1", port)
    assert free_port("127.0.0.1", port) == port


def test_an_address_of_another_machine_gets_one_line() -> None:
    with pytest.raises(StartError, match=r"^cannot listen on port 80 of 192\.0\.2\.1: "):
        check_port("192.0.2.1", 80)


def test_temporary_places_of_a_killed_run_are_swept() -> None:
    script = """
import sys
from backend.kit.embedded.places import temporary_places
with temporary_places() as places:
    print(places.data, flush=True)
    sys.stdin.read()
"""
    with subprocess.Popen([sys.executable, "-c", script], stdin=-1, stdout=-1) as killed:
        assert killed.stdout is not None
        folder = Path(killed.stdout.readline().decode().strip())
        with temporary_places():
            assert folder.is_dir()  # in use
        killed.kill()
        killed.wait()
    with temporary_places() as places:
        assert not folder.exists()
        assert places.log.is_dir()
    assert not places.data.exists()
