"""Clients that load the API and write down every answer before they go on.

Run as a process of its own: `TOKEN=… python -m tests.reliability.clients --url URL --url URL --file FILE …`. They
behave as a front end should (design 6): no answer or a 503 means the same call again, with the same key, until it is
acknowledged or a minute has passed. SIGTERM: begin nothing new, end what was begun.
"""

import argparse
import asyncio
import itertools
import os
import signal
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random

import httpx
import msgspec

from tests.reliability.asked import journey_of
from tests.reliability.ledger import AWAY, LOOK, MOVED_ON, Call, Entry, Ledger, made

ANSWER_SECONDS = 5.0
"""Less than a process may stand still: then the same call is under way twice."""
AGAIN_SECONDS = 0.2
GIVE_UP_SECONDS = 60.0
ANSWER = msgspec.json.encode({"text": "Morgen om zeven uur.", "channel": "email"})


class Desk:
    """Where one client works: it tries the next API process when this one does not answer.

    Args:
        processes: HTTP clients of the API processes.
        ledger: gets every answer.
    """

    def __init__(self, processes: Sequence[httpx.AsyncClient], ledger: Ledger) -> None:
        self._processes = processes
        self._turns = itertools.cycle(processes)
        self._here = next(self._turns)
        self._ledger = ledger

    async def until_acknowledged(self, asked: Call) -> Entry | None:
        """The acknowledgement; None when it was refused or given up."""
        end = time.monotonic() + GIVE_UP_SECONDS
        unanswered = False
        while time.monotonic() < end:
            entry = await made(self._here, asked)
            if unanswered and entry.status in MOVED_ON:
                entry = msgspec.structs.replace(entry, repeated=await self._changed(asked))
            self._ledger.write(entry)
            if entry.status not in {0, AWAY}:
                return entry if entry.acknowledged or (asked.verb == LOOK and entry.version) else None
            unanswered = True  # a 503 may be that of a COMMIT whose outcome nobody heard
            self._here = next(self._turns)
            await asyncio.sleep(AGAIN_SECONDS)
        return None

    async def at_all(self, asked: Call) -> None:
        """The same call at every process at the same time, whatever they answer."""
        for entry in await asyncio.gather(*(made(process, asked) for process in self._processes)):
            self._ledger.write(entry)

    async def version(self, path: str) -> int:
        """The version of a question as it is now; 0 when that was given up."""
        found = await self.until_acknowledged(Call(key=LOOK, path=path, verb=LOOK))
        return found.version if found else 0

    async def _changed(self, asked: Call) -> bool:
        """Whether an earlier try, whose answer nobody heard, did change the question."""
        return await self.version(asked.path.rpartition("/")[0]) > asked.version


class Clients:
    """Several at once.

    Args:
        ledger: gets every answer.
        urls: of the API processes.
        token: of an agent.
        department: to which questions are forwarded.
    """

    def __init__(self, ledger: Ledger, urls: Sequence[str], token: str, department: str) -> None:
        self._ledger = ledger
        self._urls = urls
        self._headers = {"Authorization": f"Bearer {token}"}
        forward = msgspec.json.encode({"departmentId": department, "reason": "Dit is voor jullie."})
        self._bodies = {"answer": ANSWER, "forward": forward}
        self.stop = asyncio.Event()

    async def work(self, mark: str, clients: int, pause: float) -> None:
        """Until `stop`; with about this pause (seconds) of each client between two customers."""
        await asyncio.gather(*(self._client(f"{mark}-{number}", pause) for number in range(clients)))

    async def _client(self, mark: str, pause: float) -> None:
        draw = Random(mark)
        async with AsyncExitStack() as opened:
            processes = [
                await opened.enter_async_context(
                    httpx.AsyncClient(base_url=url, headers=self._headers, timeout=ANSWER_SECONDS)
                )
                for url in draw.sample(self._urls, len(self._urls))
            ]
            desk = Desk(processes, self._ledger)
            for number in itertools.count():
                await asyncio.sleep(draw.uniform(0, 2 * pause))
                if self.stop.is_set():
                    return
                await self._journey(desk, f"{mark}-{number:05}")

    async def _journey(self, desk: Desk, key: str) -> None:
        journey = journey_of(key)
        registration = Call(key=key, path="/contacts", body=journey.body)
        if journey.twice:
            await desk.at_all(registration)
        entry = await desk.until_acknowledged(registration)
        if entry is None:
            return
        question = entry.questions[0]
        if journey.follow_up:
            more = {"channel": "phone", "followUps": [{"questionId": question, "text": journey.follow_up}]}
            await desk.until_acknowledged(Call(key=f"{key}.more", path="/contacts", body=msgspec.json.encode(more)))
        for verb in journey.verbs:
            path = f"/questions/{question}"
            version, body = await desk.version(path), self._bodies.get(verb, b"")
            asked = Call(key=f"{key}.{verb}", path=f"{path}/{verb}", body=body, verb=verb, version=version)
            if not version or await desk.until_acknowledged(asked) is None:
                return


async def work(options: argparse.Namespace) -> None:
    """Until SIGTERM."""
    clients = Clients(Ledger(options.file), options.url, os.environ["TOKEN"], options.department)
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, clients.stop.set)
    await clients.work(options.mark, options.clients, options.pause)


def main() -> None:
    """Read the arguments and go to work."""
    parser = argparse.ArgumentParser(description="Registers contacts and writes down every answer, until SIGTERM.")
    parser.add_argument("--url", action="append", required=True, help="of an API process; more than once")
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--mark", required=True, help="begin of the keys")
    parser.add_argument("--department", required=True, help="id of the one to which questions are forwarded")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--pause", type=float, default=0.2, help="seconds of a client between two customers")
    asyncio.run(work(parser.parse_args()))


if __name__ == "__main__":
    main()
