"""``%{ assert tcpi_snd_cwnd == 10, tcpi_snd_cwnd }%``: what is written as Python, but never run as Python.

Only comparisons, arithmetic, ``and``, ``or`` and ``not`` over numbers and the names of ``linux_info`` are evaluated.
"""

from __future__ import annotations

import ast
import operator
import textwrap
from collections.abc import Callable, Mapping
from typing import Any, Final

_BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.BitAnd: operator.and_,
    ast.BitOr: operator.or_,
}
_COMPARING: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


class Unsupported(Exception):
    """The text holds something else than such assertions; the message is a part of a sentence."""


def expressions(text: str) -> list[ast.expr]:
    """The expressions that are asserted, in order. Raises ``Unsupported``."""
    text = textwrap.dedent(text).rstrip().rstrip("\\;").strip()
    try:
        tree = ast.parse("\n".join(line.strip() for line in text.splitlines()))
    except SyntaxError:
        raise Unsupported(f"{text[:40]!r} cannot be read as assertions") from None
    found = []
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]).isupper():
            continue  # scripts give names to Linux's constants, which are known here
        if not isinstance(statement, ast.Assert):
            raise Unsupported(f"{ast.unparse(statement)[:40]!r} is no assertion")
        found.append(statement.test)
    return found


def holds(expression: ast.expr, values: Mapping[str, Any]) -> bool:
    """Whether it is so. Raises ``Unsupported``."""
    return bool(_value(expression, values))


def shown(expression: ast.expr, values: Mapping[str, Any]) -> str:
    """The values that it is about: ``tcpi_snd_cwnd is 7``."""
    names = dict.fromkeys(node.id for node in ast.walk(expression) if isinstance(node, ast.Name))
    return ", ".join(f"{name} is {values[name]}" for name in names if name.islower() and name in values)


def _value(node: ast.expr, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=int() | float() | str() as value):
            return value
        case ast.Name(id=name) if name in values:
            return values[name]
        case ast.Name(id=name):
            raise Unsupported(f"{name} is no name that is known here")
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_value(part, values) for part in parts)
        case ast.BoolOp(op=ast.Or(), values=parts):
            return any(_value(part, values) for part in parts)
        case ast.UnaryOp(op=ast.Not(), operand=part):
            return not _value(part, values)
        case ast.UnaryOp(op=ast.USub(), operand=part):
            return -_value(part, values)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _binary(op, _value(left, values), _value(right, values))
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARING for op in ops):
            return _compared(_value(left, values), ops, [_value(other, values) for other in others])
    raise Unsupported(f"{ast.unparse(node)[:40]!r} is more than an assertion may hold")


def _binary(op: ast.operator, left: Any, right: Any) -> Any:
    try:
        return _BINARY[type(op)](left, right)
    except (TypeError, ZeroDivisionError) as error:
        raise Unsupported(f"a value has no such operation ({error})") from None


def _compared(first: Any, ops: list[ast.cmpop], others: list[Any]) -> bool:
    for op, other in zip(ops, others, strict=True):
        try:
            if not _COMPARING[type(op)](first, other):
                return False
        except TypeError as error:
            raise Unsupported(f"two values cannot be compared ({error})") from None
        first = other
    return True
