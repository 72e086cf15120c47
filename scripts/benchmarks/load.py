"""A small HTTP client for load: keep-alive connections, one request at a time each, little work of its own."""

import asyncio
import time
from collections.abc import Callable, Iterator

import msgspec

Request = tuple[str, str, bytes, dict[str, str]]
"""Method, path, body, extra headers."""


class Outcome(msgspec.Struct, kw_only=True):
    """What a run gave: latencies in milliseconds, answers by status, seconds it took."""

    latencies: list[float]
    statuses: dict[int, int]
    seconds: float


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: bytes) -> int:
    writer.write(raw)
    head = await reader.readuntil(b"\r\n\r\n")
    lower = head.lower()
    start = lower.index(b"content-length:") + 15
    length = int(lower[start : lower.index(b"\r\n", start)])
    if length:
        await reader.readexactly(length)
    return int(head[9:12])


def encode(request: Request, token: str) -> bytes:
    """The bytes of a request."""
    method, path, body, headers = request
    lines = [f"{method} {path} HTTP/1.1", "Host: bench", f"Authorization: Bearer {token}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def run(
    port: int, token: str, requests: Callable[[], Iterator[Request]], clients: int, seconds: float
) -> Outcome:
    """Send requests from `clients` connections until the time is over."""
    outcome = Outcome(latencies=[], statuses={}, seconds=0.0)
    end = time.perf_counter() + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in requests():
            began = time.perf_counter()
            if began >= end:
                break
            status = await _one(reader, writer, encode(request, token))
            outcome.latencies.append((time.perf_counter() - began) * 1000)
            outcome.statuses[status] = outcome.statuses.get(status, 0) + 1
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    outcome.seconds = time.perf_counter() - began
    return outcome
