"""Conditions on an answer, such as ``parameters < 5_000_000``: Python's own expressions, and few of them.

The rules stand with the lessons and are written by the course. A rule may compare, count and reach into what it is
given; it can neither call anything but the helpers below nor touch a name with an underscore.
"""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import CodeType

_ALLOWED = (
    *(ast.Expression, ast.BoolOp, ast.UnaryOp, ast.BinOp, ast.Compare, ast.IfExp, ast.Constant, ast.Name, ast.Load),
    *(ast.Attribute, ast.Subscript, ast.Slice, ast.List, ast.Tuple, ast.Set, ast.Call, ast.keyword),
    *(
        ast.GeneratorExp,
        ast.ListComp,
        ast.comprehension,
        ast.Store,
        ast.And,
        ast.Or,
        ast.Not,
        ast.USub,
        ast.Add,
        ast.Sub,
        ast.Mult,
        ast.Div,
    ),
    *(ast.FloorDiv, ast.Mod, ast.Eq, ast.NotEq, ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Is, ast.IsNot, ast.In, ast.NotIn),
)


def near(one: Any, other: Any, within: float) -> bool:
    """Tell whether two numbers, or nested lists of them in one shape, differ by no more than ``within``."""
    import numpy as np

    first, second = np.asarray(one, dtype=float), np.asarray(other, dtype=float)
    return first.shape == second.shape and bool(np.all(np.abs(first - second) <= within))


def words(given: Any) -> str:
    """Return a text as it is compared: small letters, single spaces, no full stop."""
    return " ".join(str(given).lower().split()).rstrip(".!")


_HELPERS: dict[str, Any] = {
    **{function.__name__: function for function in (near, words, len, set, sorted, sum, all, any, min, max, abs)},
    **{function.__name__: function for function in (float, int, round, zip, range)},
}


def holds(rule: str, names: Mapping[str, object]) -> bool:
    """Tell whether ``rule`` is true of ``names``; a question that makes no sense of them has the answer no."""
    try:
        return bool(evaluate(rule, names))
    except CourseError:
        raise
    except Exception:  # noqa: BLE001  (None < 3, a list too short: the answer is not what the rule describes)
        return False


def evaluate(rule: str, names: Mapping[str, object], helpers: Mapping[str, object] | None = None) -> Any:
    """Return the value of ``rule``, with further functions that it may call."""
    code = _compiled(rule, frozenset(helpers or ()))
    return eval(code, {"__builtins__": {}, **_HELPERS, **(helpers or {}), **names})  # noqa: S307  (_compiled lets only expressions of the course pass)


def names_in(rule: str) -> set[str]:
    """Return the names that ``rule`` asks about, without the helpers and those that it binds itself."""
    found = [node for node in ast.walk(ast.parse(rule, mode="eval")) if isinstance(node, ast.Name)]
    bound = {node.id for node in found if isinstance(node.ctx, ast.Store)}
    return {node.id for node in found} - bound - _HELPERS.keys()


@cache
def _compiled(rule: str, helpers: frozenset[str]) -> CodeType:
    try:
        tree = ast.parse(rule.strip(), mode="eval")
    except SyntaxError as error:
        raise _refused(rule, str(error)) from None
    for node in ast.walk(tree):
        if not isinstance(node, _ALLOWED):
            raise _refused(rule, f"{type(node).__name__} is not allowed in it")
        if isinstance(node, ast.Call) and not _is_helper(node.func, {*_HELPERS, *helpers}):
            raise _refused(rule, f"{ast.unparse(node.func)} is not a helper of rules")
        if isinstance(node, (ast.Name, ast.Attribute)) and _name(node).startswith("_"):
            raise _refused(rule, f"{_name(node)} is private")
    return compile(tree, "<rule>", "eval")


def _name(node: ast.Name | ast.Attribute) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr


def _is_helper(function: ast.expr, known: Iterable[str]) -> bool:
    return isinstance(function, ast.Name) and function.id in known


def _refused(rule: str, reason: str) -> CourseError:
    return CourseError(
        f"The rule {rule!r} cannot be used: {reason}.",
        why="a rule decides whether a learner's answer is right.",
        remedy="Correct it in notebooks/src/exercises, and run: make notebooks",
    )
