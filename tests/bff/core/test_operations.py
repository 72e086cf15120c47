"""Every typed call of a channel is an operation of the core as `openapi/core.json` describes it."""

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec import UNSET, UnsetType
from msgspec.inspect import StructType, type_info

import bff.app  # noqa: F401 makes the operations of every channel
from bff.core.client import Operation
from bff.core.relay import described, document

Json = dict[str, Any]
OPERATIONS = {(one.name, one.path): one for one in Operation.every}


def _resolved(schema: Json) -> Json:
    reference = schema.get("$ref")
    return document()["components"]["schemas"][reference.split("/")[-1]] if reference else schema


def _body(one: Json) -> Json:
    return _resolved(one["requestBody"]["content"]["application/json"]["schema"])


def _answer(one: Json) -> Json:
    status = min(status for status in one["responses"] if status.startswith("2"))
    return _resolved(one["responses"][status]["content"]["application/json"]["schema"])


def _faults(kind: type[msgspec.Struct], schema: Json, where: str, *, sent: bool) -> Iterator[str]:
    """Fields that the document does not know; of what is sent also those that are needed and may be missing."""
    info = type_info(kind)
    assert isinstance(info, StructType)
    known = schema["properties"]
    yield from (f"{where}.{one.encode_name} is not described" for one in info.fields if one.encode_name not in known)
    if sent:
        leaves_out = kind.__struct_config__.omit_defaults
        always = {
            one.encode_name for one in info.fields if one.required or not (leaves_out or one.default in {UNSET, None})
        }
        yield from (f"{where}.{name} is needed" for name in set(schema.get("required", ())) - always)
    else:
        needed = {one.encode_name for one in info.fields if one.required} - set(schema.get("required", ()))
        yield from (f"{where}.{name} may be absent" for name in needed)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=lambda one: one.name)
def test_an_operation_is_as_the_document_says(operation: Operation[Any]) -> None:
    method, path, one = described()[operation.name]
    assert (operation.method, operation.path) == (method, path)
    faults: list[str] = []
    if operation.body is not None:
        faults += _faults(operation.body, _body(one), "body", sent=True)
    view = operation.view
    if isinstance(view, type) and issubclass(view, msgspec.Struct):
        faults += _faults(view, _answer(one), "answer", sent=False)
    assert not faults


def test_there_are_operations_to_look_at() -> None:
    assert len(OPERATIONS) > 20
    assert any(one.body is not None for one in OPERATIONS.values())
    assert any(one.view is not msgspec.Raw for one in OPERATIONS.values())


def test_what_differs_is_noticed() -> None:
    class Wrong(msgspec.Struct, rename="camel"):
        department_id: str
        nonsense: str | UnsetType = UNSET

    schema = {"properties": {"departmentId": {}, "customerId": {}}, "required": ["customerId"]}
    assert list(_faults(Wrong, schema, "body", sent=True)) == [
        "body.nonsense is not described",
        "body.customerId is needed",
    ]
    assert list(_faults(Wrong, schema, "answer", sent=False)) == [
        "answer.nonsense is not described",
        "answer.departmentId may be absent",
    ]
