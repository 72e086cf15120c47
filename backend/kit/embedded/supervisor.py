"""Starts parts in order, watches them, starts a dead one again, and stops all of them in reverse order.

One thread that looks at its children ten times a second: nothing to wait for, nothing to get out of step.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import IO, Any

import msgspec
import psutil

from backend.kit.embedded import StartError
from backend.kit.embedded.processes import Child, end, group_of

LOOK_SECONDS = 0.1
FIRST_DELAY, LONGEST_DELAY = 0.2, 5.0
HEALTHY_SECONDS = 10.0
"""A part that ran this long counts as well again: its next restart is quick."""
LOG_LIMIT = 20_000_000
"""Bytes of a log after which it becomes NAME.log.1."""
TAIL_LINES = 15


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One process to keep running.

    Attributes:
        name: also the name of its log.
        command: program and arguments.
        env: added to the environment of the supervisor.
        popen_options: further arguments of subprocess.Popen (user, group, cwd ...).
        prepare: run before each start, also before a restart (clean up what the dead one left).
        ready: asked until it says True before the next part is started; None: ready at once.
        ready_seconds: how long to ask.
        stop_signal: asks it to stop gracefully.
        grace: seconds it gets for that before it is killed.
    """

    name: str
    command: Sequence[str]
    env: Mapping[str, str] = {}
    popen_options: Mapping[str, Any] = {}
    prepare: Callable[[], None] | None = None
    ready: Callable[[], bool] | None = None
    ready_seconds: float = 60.0
    stop_signal: int = signal.SIGTERM
    grace: float = 20.0


class _Running:
    """A part with its process and the state of its restarts."""

    def __init__(self, part: Part, process: "subprocess.Popen[bytes]", log_start: int) -> None:
        self.part = part
        self.process = process
        self.log_start = log_start
        self.child = Child.of(process.pid, part.stop_signal)
        self.since = time.monotonic()
        self.delay = FIRST_DELAY
        self.again_at: float | None = None


class Supervisor:
    """Keeps parts running until SIGINT, SIGTERM or SIGHUP.

    Args:
        parts: in order of starting; each may depend on those before it.
        log: folder that gets NAME.log of every part.
        on_change: told the running children after every start and after the stop (`Places.record`).
        say: prints a line for the user; the default writes to standard error.
    """

    def __init__(
        self,
        parts: Sequence[Part],
        log: Path,
        *,
        on_change: Callable[[Mapping[str, Child]], None] = lambda _children: None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self._parts = list(parts)
        self._log = log
        self._on_change = on_change
        self._say = say or _to_stderr
        self._running: dict[str, _Running] = {}
        self._hooks: dict[str, list[Callable[[], None]]] = {}
        self._in_hook = False
        self._requests = 0

    def after(self, name: str, hook: Callable[[], None]) -> None:
        """Have `hook` run once, when part `name` is ready for the first time and before the next part starts."""
        self._hooks.setdefault(name, []).append(hook)

    def children(self) -> dict[str, Child]:
        """Give the started parts by name, in order of starting."""
        return {name: running.child for name, running in self._running.items()}

    def request_stop(self) -> None:
        """Make `run` return; a second request kills what does not stop by itself."""
        self._requests += 1

    def run(self, ready: Callable[[], None] = lambda: None) -> None:
        """Start all parts, call `ready`, watch until asked to stop, stop all. Call it from the main thread.

        Raises:
            StartError: a part failed to start; with the last lines of its log. Whatever ran is stopped.
        """
        with self._signals():
            try:
                for part in self._parts:
                    self._start(part)
                if not self._requests:
                    self._call(ready)
                while not self._requests:
                    for running in list(self._running.values()):
                        self._look_after(running)
                    time.sleep(LOOK_SECONDS)
            except KeyboardInterrupt:
                self._requests = max(self._requests, 1)
            finally:
                self._stop()

    def _start(self, part: Part) -> None:
        if self._requests:
            return
        if part.prepare is not None:
            part.prepare()
        running = self._launch(part)
        deadline = time.monotonic() + part.ready_seconds
        while not self._requests:
            code = running.process.poll()
            if code is not None:
                raise StartError(f"{part.name} stopped while starting ({_how(code)}){self._tail(running)}")
            if part.ready is None or part.ready():
                break
            if time.monotonic() > deadline:
                message = f"{part.name} was not ready within {part.ready_seconds:.0f} s"
                raise StartError(message + self._tail(running))
            for other in [other for other in self._running.values() if other is not running]:
                self._look_after(other)
            time.sleep(LOOK_SECONDS / 2)
        for hook in self._hooks.get(part.name, ()):
            self._call(hook)

    def _call(self, hook: Callable[[], None]) -> None:
        """Run a hook; unlike the rest, it is interrupted by a signal (see `_signalled`)."""
        if self._requests:
            return
        self._in_hook = True
        try:
            hook()
        finally:
            self._in_hook = False

    def _launch(self, part: Part) -> _Running:
        with self._open_log(part.name) as log:
            log_start = log.tell()  # now: the part shares this position
            process = subprocess.Popen(
                list(part.command),
                env={**os.environ, **part.env},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches the supervisor only, which stops the parts in order
                umask=0o077,
                **part.popen_options,
            )
            running = _Running(part, process, log_start)
        self._running[part.name] = running
        self._on_change(self.children())
        return running

    def _look_after(self, running: _Running) -> None:
        """Start the part again when it is dead and its delay is over; runs every `LOOK_SECONDS`."""
        now = time.monotonic()
        part = running.part
        if running.process.poll() is None:
            if now - running.since > HEALTHY_SECONDS:
                running.delay = FIRST_DELAY
            self._rotate(part.name)
        elif running.again_at is None:
            how = _how(running.process.returncode)
            self._say(f"{part.name} stopped ({how}); starting it again in {running.delay:.1f} s")
            running.again_at = now + running.delay
            end(group_of(running.process.pid), 2.0)  # workers that outlived their parent
        elif now >= running.again_at:
            self._start_again(running)

    def _start_again(self, running: _Running) -> None:
        delay = min(running.delay * 2, LONGEST_DELAY)
        try:
            if running.part.prepare is not None:
                running.part.prepare()
            self._launch(running.part).delay = delay
        except (StartError, OSError, subprocess.SubprocessError, psutil.Error) as error:
            self._say(f"{running.part.name} cannot be started again: {error}; next try in {delay:.1f} s")
            running.delay, running.again_at = delay, time.monotonic() + delay

    def _stop(self) -> None:
        for running in reversed(self._running.values()):
            self._end(running)
        self._running.clear()
        self._on_change({})

    def _end(self, running: _Running) -> None:
        process, part = running.process, running.part
        if process.poll() is None:
            process.send_signal(part.stop_signal)
        deadline = time.monotonic() + part.grace
        while process.poll() is None:
            if time.monotonic() > deadline or self._requests > 1:
                self._say(f"{part.name} does not stop; killing it")
                process.kill()
                process.wait()
            else:
                time.sleep(LOOK_SECONDS / 5)
        end(group_of(process.pid), 2.0)

    def _open_log(self, name: str) -> IO[bytes]:
        handle = os.open(self._log / f"{name}.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        log = os.fdopen(handle, "ab")
        log.seek(0, os.SEEK_END)
        return log

    def _rotate(self, name: str) -> None:
        path = self._log / f"{name}.log"
        with contextlib.suppress(OSError):
            if path.stat().st_size > LOG_LIMIT:
                shutil.copyfile(path, path.with_suffix(".log.1"))
                os.truncate(path, 0)  # the part goes on: its handle appends

    def _tail(self, running: _Running) -> str:
        path = self._log / f"{running.part.name}.log"
        with path.open("rb") as file:
            file.seek(running.log_start)
            lines = file.read().decode(errors="replace").splitlines()[-TAIL_LINES:]
        return "".join(f"\n  {line}" for line in [f"the end of {path}:", *lines])

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        wanted = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # started with nohup: keep going
            wanted.append(signal.SIGHUP)
        before = {number: signal.signal(number, self._signalled) for number in wanted}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _signalled(self, _number: int, _frame: FrameType | None) -> None:
        self.request_stop()
        if self._in_hook:
            self._in_hook = False
            raise KeyboardInterrupt


def _how(code: int) -> str:
    if code >= 0:
        return f"exit code {code}"
    with contextlib.suppress(ValueError):
        return signal.Signals(-code).name
    return f"signal {-code}"


def _to_stderr(line: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(f"onthaal: {line}", file=sys.stderr, flush=True)  # noqa: T201 (this is the user's console)
