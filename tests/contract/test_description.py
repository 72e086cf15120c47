"""The documents in openapi/ are what the applications are, and other programs can read them."""

import difflib
import json
from pathlib import Path
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from backend.commands.openapi import channels, core

FOLDER = Path(__file__).parents[2] / "openapi"
NAMES = ("core", "agent", "widget", "burgerprofiel")
FILES = "multipart/form-data"
OTHER_BODIES = {"backchannelLogout": "application/x-www-form-urlencoded"}
"""Operations whose body others prescribe."""
FOREIGN = ("burgerprofiel",)
"""Documents with shapes and names that others prescribe (design 7, section 1)."""


@pytest.fixture(scope="module", params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    """Of a document."""
    return str(request.param)


@pytest.fixture
def document(name: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return read


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    """The documents as the code makes them; nothing is connected."""
    return {"core": core(), **channels()}


def test_the_committed_description_is_the_generated_one(name: str, made: dict[str, str]) -> None:
    committed = (FOLDER / f"{name}.json").read_text()
    lines = difflib.unified_diff(committed.splitlines(), made[name].splitlines(), "committed", "made", n=1)
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
        if "application/json" in one.get("requestBody", {}).get("content", {})
    }
    assert [name for name in bodies if schemas[name].get("additionalProperties") is not False] == []


def test_every_body_is_json_or_a_file_and_needed(document: dict[str, Any]) -> None:
    for path, item in document["paths"].items():
        for method, one in item.items():
            if body := one.get("requestBody"):
                kinds = {OTHER_BODIES.get(one["operationId"], "application/json"), FILES}
                assert len(body["content"]) == 1, (method, path)
                assert set(body["content"]) <= kinds, (method, path)
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


def test_names_are_lower_camel_case(document: dict[str, Any], name: str) -> None:
    if name in FOREIGN:
        pytest.skip("names that the other side prescribes")
    found = [
        f"{shape}.{field}"
        for shape, schema in document["components"]["schemas"].items()
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
