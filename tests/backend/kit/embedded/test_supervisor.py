import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import psutil
import pytest

from backend.kit.embedded.processes import Child

Until = Callable[[Callable[[], bool]], None]
HEAD = """
import sys, time
from pathlib import Path
from backend.kit.embedded import StartError
from backend.kit.embedded.places import Places
from backend.kit.embedded.supervisor import Part, Supervisor
places = Places(Path(sys.argv[1]))
def supervise(*parts, hooks=()):
    with places.lock():
        places.stop_leftovers()
        supervisor = Supervisor(parts, places.log, on_change=places.record)
        for name, hook in hooks:
            supervisor.after(name, lambda hook=hook: hook(supervisor))
        try:
            supervisor.run(lambda: print("ready", flush=True))
        except StartError as error:
            print(error, flush=True)
            sys.exit(2)
    print("stopped", flush=True)
"""
TWO = "supervise(Part(name='one', command=['sleep', '600']), Part(name='two', command=['sleep', '600']))"


class Scene:
    """A supervisor in its own process."""

    def __init__(self, data: Path, body: str) -> None:
        self.data = data
        self.process = subprocess.Popen(
            [sys.executable, "-c", HEAD + body, data], stdout=-1, stderr=subprocess.STDOUT, text=True
        )

    def line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().rstrip("\n")

    def rest(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.read()

    def children(self) -> dict[str, Child]:
        return msgspec.json.decode((self.data / "children.json").read_bytes(), type=dict[str, Child])

    def runs(self, *children: Child) -> bool:
        return any(psutil.pid_exists(child.pid) for child in children)


@pytest.fixture
def scenes(tmp_path: Path) -> Iterator[list[Scene]]:
    started: list[Scene] = []
    yield started
    for scene in started:
        if scene.process.poll() is None:
            scene.process.terminate()
        scene.process.wait(10)
        assert scene.process.stdout is not None
        scene.process.stdout.close()
    assert not [p for p in psutil.process_iter(["cmdline"]) if str(tmp_path) in (p.info["cmdline"] or [])]


def play(scenes: list[Scene], data: Path, body: str) -> Scene:
    scenes.append(Scene(data, body))
    return scenes[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_every_child(scenes: list[Scene], tmp_path: Path, number: int) -> None:
    scene = play(scenes, tmp_path, TWO)
    assert scene.line() == "ready"
    children = scene.children()
    assert list(children) == ["one", "two"]
    scene.process.send_signal(number)
    assert scene.rest() == "stopped\n"
    assert scene.process.wait() == 0
    assert not scene.runs(*children.values())
    assert scene.children() == {}


def test_a_dead_part_is_started_again_without_what_it_left(scenes: list[Scene], tmp_path: Path, until: Until) -> None:
    body = "supervise(Part(name='one', command=['sh', '-c', 'sleep 600 & wait']))"
    scene = play(scenes, tmp_path, body)
    assert scene.line() == "ready"
    first = scene.children()["one"]
    until(lambda: bool(psutil.Process(first.pid).children()))
    [grandchild] = psutil.Process(first.pid).children()
    os.kill(first.pid, signal.SIGKILL)
    assert scene.line() == "onthaal: one stopped (SIGKILL); starting it again in 0.2 s"
    until(lambda: scene.children()["one"].pid != first.pid)
    assert grandchild.status() == psutil.STATUS_ZOMBIE if grandchild.is_running() else True
    assert psutil.Process(scene.children()["one"].pid).is_running()


def test_a_part_that_keeps_dying_is_started_less_and_less_often(scenes: list[Scene], tmp_path: Path) -> None:
    scene = play(scenes, tmp_path, "supervise(Part(name='one', command=['sh', '-c', 'sleep 0.2; exit 3']))")
    assert scene.line() == "ready"
    assert scene.line() == "onthaal: one stopped (exit code 3); starting it again in 0.2 s"
    assert scene.line() == "onthaal: one stopped (exit code 3); starting it again in 0.4 s"


def test_parts_start_in_order_with_hooks_between_and_stop_in_reverse(scenes: list[Scene], tmp_path: Path) -> None:
    body = """
def part(name):
    order = places.data / "order"
    script = f'trap "echo {name} >>{order}; exit" TERM; touch {order}.{name}; while :; do sleep 0.02; done'
    ready = (places.data / f"order.{name}").exists
    return Part(name=name, command=["sh", "-c", script], ready=ready)
def hook(supervisor):
    print("hook", *supervisor.children(), flush=True)
supervise(part("a"), part("b"), part("c"), hooks=[("b", hook)])
"""
    scene = play(scenes, tmp_path, body)
    assert scene.line() == "hook a b"
    assert scene.line() == "ready"
    scene.process.terminate()
    assert scene.rest() == "stopped\n"
    assert (tmp_path / "order").read_text().split() == ["c", "b", "a"]


def test_a_part_that_fails_to_start_shows_its_log_and_stops_the_others(scenes: list[Scene], tmp_path: Path) -> None:
    body = """
fails = ["sh", "-c", "echo no such database; exit 4"]
supervise(Part(name="one", command=["sleep", "600"]), Part(name="two", command=fails, ready=lambda: False))
"""
    scene = play(scenes, tmp_path, body)
    log = tmp_path / "log" / "two.log"
    assert scene.rest() == (f"two stopped while starting (exit code 4)\n  the end of {log}:\n  no such database\n")
    assert scene.process.wait() == 2
    assert scene.children() == {}


def test_a_part_that_does_not_get_ready_or_does_not_stop_is_killed(scenes: list[Scene], tmp_path: Path) -> None:
    body = """
deaf = ["sh", "-c", "trap '' TERM; while :; do sleep 0.02; done"]
supervise(Part(name="deaf", command=deaf, ready=lambda: False, ready_seconds=0.3, grace=0.2))
"""
    scene = play(scenes, tmp_path, body)
    killed, failed = scene.line(), scene.line()
    assert killed == "onthaal: deaf does not stop; killing it"
    assert failed == "deaf was not ready within 0 s"
    assert scene.process.wait() == 2


def test_a_signal_interrupts_a_hook(scenes: list[Scene], tmp_path: Path) -> None:
    body = """
def hook(supervisor):
    print("seeding", flush=True)
    time.sleep(600)
supervise(Part(name="one", command=["sleep", "600"]), hooks=[("one", hook)])
"""
    scene = play(scenes, tmp_path, body)
    assert scene.line() == "seeding"
    scene.process.send_signal(signal.SIGINT)
    assert scene.rest() == "stopped\n"


def test_what_a_killed_supervisor_left_is_ended_by_the_next(scenes: list[Scene], tmp_path: Path) -> None:
    killed = play(scenes, tmp_path, TWO)
    assert killed.line() == "ready"
    left = killed.children()
    killed.process.kill()
    killed.process.wait()
    assert killed.runs(*left.values())
    again = play(scenes, tmp_path, TWO)
    assert again.line() == "ready"
    assert {child.pid for child in left.values()}.isdisjoint(c.pid for c in again.children().values())
    assert not any(
        p.is_running() and p.status() != "zombie"
        for child in left.values()
        if psutil.pid_exists(child.pid)
        for p in [psutil.Process(child.pid)]
    )
