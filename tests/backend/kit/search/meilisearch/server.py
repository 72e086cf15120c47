"""A server that speaks as Meilisearch does, on 127.0.0.1, for tests: it remembers what it was asked, and can misbehave.

It is a double of somebody else's server, never of our own code. How it matches is in `matching.py`.
"""

import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from tests.backend.kit.search.meilisearch.matching import Collection, admitted, federated

MASTER = "master-key-of-the-test-server"
MOMENT = "2026-01-02T03:04:05.678901234Z"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came in; headers in lower case."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: Any


class Broken(Exception):
    """An answer in the form of the server's errors."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.body = {"message": f"About {code}.", "code": code, "type": "invalid_request", "link": "https://x.example"}


class Server:
    """Indexes, tasks and keys in memory.

    Attributes:
        requests: everything that was asked.
        fail_tasks: types of tasks that fail, with the code they fail with; `canceled` cancels them.
        misbehave: answers a search in its own way: a status and bytes.
        delay: seconds before a search is answered.
        drop: how many documents of an addition get lost.
        connections: how many there have been.
    """

    def __init__(self, *, keys: bool = True) -> None:
        self.requests: list[Request] = []
        self.indexes: dict[str, dict[str, Any]] = {}
        self.tasks: dict[int, dict[str, Any]] = {}
        self.keys: dict[str, dict[str, Any]] = {}
        self.fail_tasks: dict[str, str] = {}
        self.misbehave: Callable[[], tuple[int, bytes]] | None = None
        self.delay = 0.0
        self.drop = 0
        self.connections = 0
        self._needs_keys = keys
        self._collections: dict[str, Collection] = {}
        self._lock = threading.RLock()
        self._http: ThreadingHTTPServer | None = None
        self._port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Listen; after a stop again on the same port."""
        server = self

        class Handler(_Handler):
            owner = server

        self._http = _Listening(self, ("127.0.0.1", self._port), Handler)
        self._port = self._http.server_address[1]
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Die: the port is closed, open connections are cut."""
        http, self._http = self._http, None
        if http is not None:
            http.shutdown()
            http.server_close()

    def asked(self, method: str, path: str) -> list[Request]:
        return [one for one in self.requests if one.method == method and one.path == path]

    def uids(self) -> list[str]:
        return sorted(self.indexes)

    def documents(self, uid: str) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = self.indexes[uid]["documents"]
        return found

    def search_key(self, uid: str) -> str:
        return str(self._create_key({"actions": ["search"], "indexes": [uid], "expiresAt": None})["key"])

    def touch(self, uid: str) -> None:
        """Forget what was prepared for matching: the documents were changed by hand."""
        self._collections.pop(uid, None)

    def answer(self, request: Request) -> tuple[int, Any]:
        """Status and body."""
        with self._lock:
            self.requests.append(request)
            try:
                self._authorize(request)
                return self._route(request)
            except Broken as broken:
                return broken.status, broken.body

    def _authorize(self, request: Request) -> None:
        if not self._needs_keys or request.path == "/health":
            return
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not token:
            raise Broken(401, "missing_authorization_header")
        if token == MASTER:
            return
        key = self.keys.get(token)
        if key is None or request.path != "/multi-search" or "search" not in key["actions"]:
            raise Broken(403, "invalid_api_key")
        if any(query["indexUid"] not in key["indexes"] for query in request.body["queries"]):
            raise Broken(403, "invalid_api_key")

    def _route(self, request: Request) -> tuple[int, Any]:  # noqa: C901, PLR0911 a table of routes
        match request.method, *request.path.strip("/").split("/"):
            case "GET", "health":
                return 200, {"status": "available"}
            case "POST", "multi-search":
                return 200, self._search(request.body)
            case "GET", "tasks", uid:
                return 200, self.tasks[int(uid)]
            case "POST", "keys":
                return 201, self._create_key(request.body)
            case "DELETE", "keys", key:
                del self.keys[key]
                return 200, None
            case "POST", "swap-indexes":
                return 202, self._task("indexSwap", None, lambda: self._swap(request.body))
            case "GET", "indexes":
                shown = [
                    {"uid": uid, "createdAt": MOMENT, "updatedAt": MOMENT, "primaryKey": "id"} for uid in self.uids()
                ]
                return 200, {"results": shown, "offset": 0, "limit": 1000, "total": len(shown)}
            case "POST", "indexes":
                uid = request.body["uid"]
                return 202, self._task("indexCreation", uid, lambda: self._create(uid))
            case "DELETE", "indexes", uid:
                return 202, self._task("indexDeletion", uid, lambda: self._delete(uid))
            case _, "indexes", uid, *rest:
                return self._in_index(request, uid, rest)
        raise AssertionError(f"nobody answers {request.method} {request.path}")

    def _in_index(self, request: Request, uid: str, rest: list[str]) -> tuple[int, Any]:  # noqa: PLR0911 same
        match request.method, *rest:
            case "PATCH", "settings":
                if "nonsense" in request.body.get("rankingRules", ()):
                    raise Broken(400, "invalid_settings_ranking_rules")
                return 202, self._task("settingsUpdate", uid, lambda: self._configure(uid, request.body))
            case "POST", "documents":
                return 202, self._task("documentAdditionOrUpdate", uid, lambda: self._add(uid, request.body))
            case "POST", "documents", "delete":
                return 202, self._task("documentDeletion", uid, lambda: self._remove(uid, request.body["filter"]))
        index = self._there(uid)
        match request.method, *rest:
            case "GET", "settings":
                return 200, index["settings"]
            case "GET", "stats":
                return 200, _stats(len(index["documents"]))
            case "GET", "documents", key:
                if key not in index["documents"]:
                    raise Broken(404, "document_not_found")
                return 200, index["documents"][key]
            case "POST", "documents", "fetch":
                return 200, _page(index["documents"], request.body)
        raise AssertionError(f"nobody answers {request.method} {request.path}")

    def _there(self, uid: str, status: int = 404) -> dict[str, Any]:
        if uid not in self.indexes:
            raise Broken(status, "index_not_found")
        return self.indexes[uid]

    def _search(self, body: dict[str, Any]) -> dict[str, Any]:
        for query in body["queries"]:
            index = self._there(query["indexUid"], 400)
            uid = query["indexUid"]
            if uid not in self._collections:
                self._collections[uid] = Collection(dict(index["documents"]), index["settings"])
        return federated(self._collections, body)

    def _task(self, kind: str, uid: str | None, work: Callable[[], dict[str, Any] | None]) -> dict[str, Any]:
        number = len(self.tasks)
        error, details, status = None, None, "succeeded"
        try:
            if kind in self.fail_tasks:
                status = "canceled" if self.fail_tasks[kind] == "canceled" else "failed"
                if status == "failed":
                    raise Broken(400, self.fail_tasks[kind])
            else:
                details = work()
                self._collections.clear()
        except Broken as broken:
            error, status = broken.body, "failed"
        self.tasks[number] = {
            "uid": number,
            "batchUid": number,
            "indexUid": uid,
            "status": status,
            "type": kind,
            "canceledBy": number + 1 if status == "canceled" else None,
            "details": details,
            "error": error,
            "duration": "PT0.01S",
            "enqueuedAt": MOMENT,
            "startedAt": MOMENT,
            "finishedAt": MOMENT,
        }
        return {"taskUid": number, "indexUid": uid, "status": "enqueued", "type": kind, "enqueuedAt": MOMENT}

    def _create(self, uid: str) -> dict[str, Any]:
        if uid in self.indexes:
            raise Broken(409, "index_already_exists")
        self.indexes[uid] = {"settings": {"synonyms": {}, "stopWords": []}, "documents": {}}
        return {"primaryKey": "id"}

    def _delete(self, uid: str) -> dict[str, Any]:
        return {"deletedDocuments": len(self._there(uid) and self.indexes.pop(uid)["documents"])}

    def _configure(self, uid: str, settings: dict[str, Any]) -> dict[str, Any]:
        self._there(uid)["settings"] |= settings
        return settings

    def _add(self, uid: str, documents: list[dict[str, Any]]) -> dict[str, Any]:
        if not all(re.fullmatch(r"[A-Za-z0-9_-]{1,511}", one["id"]) for one in documents):
            raise Broken(400, "invalid_document_id")
        taken = documents[: len(documents) - self.drop] if self.drop else documents
        self._there(uid)["documents"].update({one["id"]: one for one in taken})
        return {"receivedDocuments": len(documents), "indexedDocuments": len(taken)}

    def _remove(self, uid: str, wanted: str) -> dict[str, Any]:
        documents = self._there(uid)["documents"]
        gone = [key for key, document in documents.items() if admitted(document, wanted)]
        for key in gone:
            del documents[key]
        return {"providedIds": 0, "deletedDocuments": len(gone), "originalFilter": wanted}

    def _swap(self, pairs: list[dict[str, Any]]) -> dict[str, Any]:
        for pair in pairs:
            one, other = pair["indexes"]
            self._there(one), self._there(other)
            self.indexes[one], self.indexes[other] = self.indexes[other], self.indexes[one]
        return {"swaps": pairs}

    def _create_key(self, asked: dict[str, Any]) -> dict[str, Any]:
        key = f"key-{len(self.keys)}-{'x' * 20}"
        self.keys[key] = asked
        uid = f"00000000-0000-4000-8000-{len(self.keys):012}"
        return {
            "name": None, "description": asked.get("description"), "key": key, "uid": uid, "actions": asked["actions"],
            "indexes": asked["indexes"], "expiresAt": asked["expiresAt"], "createdAt": MOMENT, "updatedAt": MOMENT,
        }  # fmt: skip


def _stats(count: int) -> dict[str, Any]:
    return {
        "numberOfDocuments": count, "rawDocumentDbSize": 4096, "avgDocumentSize": 400, "isIndexing": False,
        "numberOfEmbeddings": 0, "numberOfEmbeddedDocuments": 0, "fieldDistribution": {"id": count},
    }  # fmt: skip


def _page(documents: dict[str, dict[str, Any]], asked: dict[str, Any]) -> dict[str, Any]:
    offset, limit = asked.get("offset", 0), asked.get("limit", 20)
    some = list(documents.values())[offset : offset + limit]
    shown = [{name: one[name] for name in asked["fields"] if name in one} for one in some]
    return {"results": shown, "offset": offset, "limit": limit, "total": len(documents)}


class _Listening(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, owner: Server, *args: Any) -> None:
        self.owner = owner
        self.open: set[Any] = set()
        super().__init__(*args)

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        self.owner.connections += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def server_close(self) -> None:
        super().server_close()
        for request in list(self.open):
            self.shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    owner: Server

    def log_message(self, *_args: object) -> None:
        """Nothing."""

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        request = Request(
            method=self.command,
            path=parts.path,
            query=dict(parse_qsl(parts.query)),
            headers={name.lower(): value for name, value in self.headers.items()},
            body=json.loads(raw) if raw else None,
        )
        status, body = self.owner.answer(request)
        sent = body if isinstance(body, bytes) else json.dumps(body).encode()
        if parts.path == "/multi-search":
            if self.owner.delay:
                time.sleep(self.owner.delay)  # the server is slow: that is what is tested
            if self.owner.misbehave:
                status, sent = self.owner.misbehave()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_PATCH = do_DELETE = do_PUT = _handle  # noqa: N815 the names of the base class


@contextmanager
def running(*, keys: bool = True) -> Iterator[Server]:
    """A server that listens."""
    server = Server(keys=keys)
    server.start()
    try:
        yield server
    finally:
        server.stop()
