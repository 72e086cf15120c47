"""Every response of the whole suite against the committed API description."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs


class DescriptionCheck:
    """Callable: fails when a response is not described: path, method, status, media type, body, nothing else."""

    def __init__(self, file: Path) -> None:
        self.document: dict[str, Any] = json.loads(file.read_text())
        self._paths = [
            (re.compile("^" + re.sub(r"\\{[^/]+?\\}", "[^/]+", re.escape(path)) + "$"), path)
            for path in sorted(self.document["paths"], key=lambda path: path.count("{"))
        ]
        self._validators: dict[tuple[str, str, str, str], Any] = {}

    def __call__(self, request: httpx.Request, response: httpx.Response) -> None:
        path = next((path for pattern, path in self._paths if pattern.match(request.url.path)), None)
        if path is None or request.method.lower() not in self.document["paths"][path]:
            return
        status = str(response.status_code)
        if status == "405":
            return
        responses = self.document["paths"][path][request.method.lower()]["responses"]
        where = f"{request.method} {path} -> {status}"
        assert status in responses, f"{where} is not described; body: {response.text[:500]}"
        if not response.content:
            return
        kind = response.headers["content-type"].split(";")[0]
        assert kind in responses[status].get("content", {}), f"{where}: {kind} is not described"
        if kind in {"application/octet-stream", "text/html"}:
            return
        key = (path, request.method, status, kind)
        if key not in self._validators:
            schema = dict(responses[status]["content"][kind]["schema"])
            schema["components"] = self.document["components"]
            self._validators[key] = jsonschema_rs.Draft202012Validator(schema)
        errors = [
            f"{error.instance_path}: {error.message}" for error in self._validators[key].iter_errors(response.json())
        ]
        assert not errors, f"{where}: {errors[:3]}"
