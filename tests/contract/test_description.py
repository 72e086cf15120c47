"""openapi/core.json is what the application is, and other programs can read it."""

import difflib
import json
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from openapi_spec_validator import OpenAPIV31SpecValidator

from backend.app import Platform, create_litestar
from backend.settings import Settings

UPLOADS = {"createAttachment"}
"""Operations that take a file."""
COMMITTED = Path(__file__).parents[2] / "openapi" / "core.json"


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Litestar:
    """The application as it is composed; nothing is connected."""
    data = str(tmp_path_factory.mktemp("description"))
    return create_litestar(Platform(Settings(data=data, database_url="postgresql://x/y", redis_url="redis://x")))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(COMMITTED.read_text())
    return read


def test_the_committed_description_is_the_generated_one(app: Litestar) -> None:
    made = json.dumps(app.openapi_schema.to_schema(), indent=1, ensure_ascii=False) + "\n"
    lines = difflib.unified_diff(COMMITTED.read_text().splitlines(), made.splitlines(), "committed", "made", n=1)
    difference = "\n".join(list(lines)[:60])
    assert not difference, f"run `onthaal openapi` and look at what changes for integrators:\n{difference}"


def test_it_is_valid(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    faults = [
        f"{list(error.absolute_path)}: {error.message}" for error in OpenAPIV31SpecValidator(document).iter_errors()
    ]
    assert not faults


def test_input_shapes_refuse_what_they_do_not_know(document: dict[str, Any]) -> None:
    """As msgspec does: a client that is generated from the description knows it beforehand."""
    schemas = document["components"]["schemas"]
    bodies = {
        one["requestBody"]["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        for item in document["paths"].values()
        for one in item.values()
        if "requestBody" in one and one["operationId"] not in UPLOADS
    }
    assert bodies
    assert [name for name in bodies if schemas[name].get("additionalProperties") is not False] == []


def test_every_body_is_json_or_a_file_and_needed(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, one in item.items():
            if body := one.get("requestBody"):
                kind = "multipart/form-data" if one["operationId"] in UPLOADS else "application/json"
                assert list(body["content"]) == [kind], (method, path)
                assert body["required"] is True, (method, path)


def test_parameters_are_never_described_as_null(document: dict[str, Any]) -> None:
    """In a URL and in a header something is there, or it is not."""
    found = [
        f"{one['operationId']} {parameter['name']}"
        for item in document["paths"].values()
        for one in item.values()
        for parameter in one.get("parameters", [])
        if '"null"' in json.dumps(parameter["schema"])
    ]
    assert not found


def test_names_are_lower_camel_case(document: dict[str, Any]) -> None:
    found = [
        f"{name}.{field}"
        for name, schema in document["components"]["schemas"].items()
        for field in schema.get("properties", {})
        if "_" in field or field[0].isupper()
    ]
    assert not found


def test_nothing_points_outside(document: dict[str, Any]) -> None:
    assert document["servers"] == [{"url": "/"}], "the description says nothing about where it is installed"
    text = json.dumps(document)
    assert "http://" not in text
    references = [part.split('"', 1)[0] for part in text.split('"$ref": "')[1:]]
    assert all(reference.startswith("#/components/schemas/") for reference in references)
