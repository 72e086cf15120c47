"""The syntax tree of a condition, as CEL checked it: for what a text cannot tell (names, limits, rows).

Source of the shapes: cel-spec, `cel/expr/syntax.proto` and `checked.proto`, whose numbers never change.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from google.protobuf import any_pb2, descriptor_pb2, descriptor_pool, message_factory

_T = descriptor_pb2.FieldDescriptorProto
_PACKAGE = "onthaal.cel"
_FIELDS: dict[str, list[tuple[str, int, int | str]]] = {
    "Checked": [("expr", 4, "Expr")],
    "Expr": [
        ("const_expr", 3, "Constant"),
        ("ident_expr", 4, "Ident"),
        ("select_expr", 5, "Select"),
        ("call_expr", 6, "Call"),
        ("list_expr", 7, "List"),
        ("struct_expr", 8, "Struct"),
        ("comprehension_expr", 9, "Comprehension"),
    ],
    "Constant": [
        ("bool_value", 2, _T.TYPE_BOOL),
        ("int64_value", 3, _T.TYPE_INT64),
        ("uint64_value", 4, _T.TYPE_UINT64),
        ("double_value", 5, _T.TYPE_DOUBLE),
        ("string_value", 6, _T.TYPE_STRING),
    ],
    "Ident": [("name", 1, _T.TYPE_STRING)],
    "Select": [("operand", 1, "Expr"), ("field", 2, _T.TYPE_STRING)],
    "Call": [("target", 1, "Expr"), ("function", 2, _T.TYPE_STRING), ("args", 3, "Expr[]")],
    "List": [("elements", 1, "Expr[]")],
    "Struct": [("message_name", 1, _T.TYPE_STRING)],
    "Comprehension": [("iter_range", 2, "Expr"), ("iter_var", 1, _T.TYPE_STRING), ("loop_step", 6, "Expr")],
}

OPERATORS = {
    "_==_": "==",
    "_!=_": "!=",
    "_<_": "<",
    "_<=_": "<=",
    "_>_": ">",
    "_>=_": ">=",
    "_+_": "+",
    "_-_": "-",
    "_*_": "*",
    "_/_": "/",
    "_%_": "%",
    "@in": "in",
}
AND, OR, NOT, MINUS, CHOICE = "_&&_", "_||_", "!_", "-_", "_?_:_"
COMPARISONS = frozenset({"_==_", "_!=_", "_<_", "_<=_", "_>_", "_>=_"})
FUNCTIONS = frozenset({*OPERATORS, AND, OR, NOT, MINUS, CHOICE, "size", "timestamp", "duration"})
"""What a condition may use (design 10); `exists` besides."""


class Const(msgspec.Struct, frozen=True):
    """A value that stands in the condition."""

    value: bool | int | float | str


class Name(msgspec.Struct, frozen=True):
    """A question, fact or list, `today`, or the name that `exists` gives to one of a list."""

    name: str


class Items(msgspec.Struct, frozen=True):
    """Values between brackets."""

    items: tuple["Node", ...]


class Call(msgspec.Struct, frozen=True):
    """An operator or function on its arguments; a method's target is its first argument."""

    function: str
    args: tuple["Node", ...]


class Exists(msgspec.Struct, frozen=True):
    """Whether something holds for one of a list."""

    among: "Node"
    name: str
    holds: "Node"


Node = Const | Name | Items | Call | Exists


class NotAllowed(Exception):
    """A condition that is right for CEL, and not among what a flow may use."""


def _messages() -> Any:
    file = descriptor_pb2.FileDescriptorProto(name="onthaal/cel.proto", package=_PACKAGE, syntax="proto2")
    for name, fields in _FIELDS.items():
        message = file.message_type.add(name=name)
        for label, number, kind in fields:
            field = message.field.add(name=label, number=number, label=_T.LABEL_OPTIONAL)
            if isinstance(kind, str):
                field.type, field.type_name = _T.TYPE_MESSAGE, f".{_PACKAGE}.{kind.removesuffix('[]')}"
                field.label = _T.LABEL_REPEATED if kind.endswith("[]") else _T.LABEL_OPTIONAL
            else:
                field.type = kind  # type: ignore[assignment]
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Checked"))


_CHECKED = _messages()


def tree(serialized: bytes) -> Node:
    """The tree of a compiled condition; `NotAllowed` for what no flow may use."""
    packed = any_pb2.Any.FromString(serialized)
    return _node(_CHECKED.FromString(packed.value).expr)


def _node(expr: Any) -> Node:
    for kind in ("const_expr", "ident_expr", "call_expr", "list_expr", "comprehension_expr"):
        if expr.HasField(kind):
            return _READ[kind](getattr(expr, kind))
    raise NotAllowed("Alleen vragen, vaste waarden, vergelijkingen en lijsten.")


def _constant(const: Any) -> Node:
    for label, _, _ in _FIELDS["Constant"]:
        if const.HasField(label):
            return Const(getattr(const, label))
    raise NotAllowed("Deze waarde kan niet in een voorwaarde staan.")


def _name(ident: Any) -> Node:
    return Name(ident.name)


def _call(call: Any) -> Node:
    if call.function not in FUNCTIONS:
        raise NotAllowed(f"{call.function} kan niet in een voorwaarde staan.")
    target = (_node(call.target),) if call.HasField("target") else ()
    return Call(call.function, (*target, *map(_node, call.args)))


def _items(items: Any) -> Node:
    return Items(tuple(map(_node, items.elements)))


def _exists(loop: Any) -> Node:
    """`exists` as CEL unfolds it: the found so far OR the condition."""
    step = loop.loop_step
    if not step.HasField("call_expr") or step.call_expr.function != OR:
        raise NotAllowed("Van de functies op een lijst kan alleen exists.")
    return Exists(_node(loop.iter_range), loop.iter_var, _node(step.call_expr.args[1]))


_READ = {
    "const_expr": _constant,
    "ident_expr": _name,
    "call_expr": _call,
    "list_expr": _items,
    "comprehension_expr": _exists,
}


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it."""
    yield node
    for below in _parts(node):
        yield from walk(below)


def names(node: Node) -> set[str]:
    """What a condition looks at: questions, facts, lists, `today`."""
    if isinstance(node, Name):
        return {node.name}
    found = set[str]().union(*map(names, _parts(node)))
    return found - {node.name} if isinstance(node, Exists) else found


def atoms(node: Node) -> Iterator[Node]:
    """The conditions that and, or, not and if-else put together."""
    if isinstance(node, Call) and node.function in {AND, OR, NOT, CHOICE}:
        for part in node.args:
            yield from atoms(part)
    else:
        yield node


def source(node: Node) -> str:
    """The condition as text, with every bracket: CEL reads the same tree from it."""
    match node:
        case Const(value):
            return _quoted(value)
        case Name(name):
            return name
        case Items(items):
            return f"[{', '.join(map(source, items))}]"
        case Exists(among, name, holds):
            return f"{source(among)}.exists({name}, {source(holds)})"
        case Call(function, args):
            return _source_of_call(function, [source(arg) for arg in args])


def _source_of_call(function: str, args: list[str]) -> str:
    if function in OPERATORS:
        return f"({args[0]} {OPERATORS[function]} {args[1]})"
    if function in {AND, OR}:
        return f"({args[0]} {function.strip('_')} {args[1]})"
    if function in {NOT, MINUS}:
        return f"{function.strip('_')}({args[0]})"
    if function == CHOICE:
        return f"({args[0]} ? {args[1]} : {args[2]})"
    return f"{function}({', '.join(args)})"


def _quoted(value: bool | float | str) -> str:
    """A value as CEL writes it; JSON's strings are CEL's."""
    return msgspec.json.encode(value).decode()


def _parts(node: Node) -> tuple[Node, ...]:
    match node:
        case Items(items):
            return items
        case Call(_, args):
            return args
        case Exists(among, _, holds):
            return among, holds
    return ()
