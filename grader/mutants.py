"""A solution's mutants: every small edit of its syntax tree that a machine can think of.

The operators are the usual ones of mutation testing (DeMillo, Lipton and Sayward, "Hints on test
data selection", 1978), and those that numerical code calls for: the other axis, an update in place
for a copy, swapped operands of a matrix product.
"""

from __future__ import annotations

import ast
import copy
import functools
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Mutant", "mutants"]

ARITHMETIC: Final[dict[type[ast.operator], type[ast.operator]]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
}
COMPARISON: Final[dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
SYMMETRIC: Final = {"max", "maximum", "min", "minimum"}
COPIES: Final = {"copy", "array", "astype"}
ABOUT_SHAPE: Final = {"axis", "keepdims"}
SCOPES: Final = (ast.FunctionDef, ast.ClassDef)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One edit of a source: `name` says where and what, the same whatever else changes around it.

    >>> [m.name for m in mutants("def f(x): return x + 1")][:2]
    ['f: return x + 1 → pass', 'f: x + 1 → x - 1']
    """

    name: str
    source: str


@functools.cache
def mutants(source: str) -> tuple[Mutant, ...]:
    """Return every mutant of a module's source, each different from the others and from it."""
    tree = ast.parse(source)
    texts = {ast.unparse(tree)}
    times: Counter[str] = Counter()
    found = []
    for place, node in _places(tree):
        before = ast.unparse(node)
        for edited in _edits(node):
            mutated = ast.unparse(_replaced(tree, node, edited))
            if mutated in texts:
                continue
            texts.add(mutated)
            name = f"{place}: {_line(before)} → {_line(ast.unparse(edited))}"
            times[name] += 1
            suffix = f" #{times[name]}" if times[name] > 1 else ""
            found.append(Mutant(name + suffix, mutated))
    return tuple(found)


def _line(text: str) -> str:
    """Show an expression or the first line of a statement, in one line."""
    first, *rest = text.split("\n")
    return first + (" …" if rest else "")


def _places(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Yield every node that may be edited, with the name of the function or class it is in."""

    def visit(node: ast.AST, scope: str) -> Iterator[tuple[str, ast.AST]]:
        inside = node.name if isinstance(node, SCOPES) else ""
        scope = ".".join(filter(None, (scope, inside)))
        document = (
            ast.get_docstring(node, clean=False)
            if isinstance(node, (*SCOPES, ast.Module))
            else None
        )
        for name, field in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "bases"):
                continue
            for child in field if isinstance(field, list) else [field]:
                if not isinstance(child, ast.AST) or isinstance(child, ast.JoinedStr):
                    continue
                if isinstance(child, (ast.Import, ast.ImportFrom)):
                    continue
                if document is not None and child is node.body[0]:  # type: ignore[attr-defined]  # has a body: a docstring
                    continue
                if not (isinstance(node, ast.keyword) and node.arg in ABOUT_SHAPE):
                    yield scope or "module", child
                yield from visit(child, scope)

    yield from visit(tree, "")


def _replaced(tree: ast.Module, node: ast.AST, edited: ast.AST) -> ast.Module:
    """Return a copy of the tree with one node replaced."""

    class Replace(ast.NodeTransformer):
        def visit(self, at: ast.AST) -> ast.AST:
            return edited if at is node else super().generic_visit(at)

    # The transformer edits lists in place, so it works on a copy that shares the leaves it seeks.
    memo = {id(node): node}
    whole = Replace().visit(copy.deepcopy(tree, memo))
    assert isinstance(whole, ast.Module)  # noqa: S101 - for the type checker
    return whole


def _edits(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what one node may become."""
    match node:
        case ast.BinOp(left, ast.MatMult(), right):
            yield ast.BinOp(right, ast.MatMult(), left)
        case ast.BinOp(left, operator, right) if type(operator) in ARITHMETIC:
            yield ast.BinOp(left, ARITHMETIC[type(operator)](), right)
        case ast.AugAssign(target, operator, value):
            if type(operator) in ARITHMETIC:
                yield ast.AugAssign(target, ARITHMETIC[type(operator)](), value)
            yield ast.Pass()
        case ast.UnaryOp(ast.USub() | ast.Not(), operand):
            yield operand
        case ast.BoolOp(operator, values):
            yield ast.BoolOp(ast.Or() if isinstance(operator, ast.And) else ast.And(), values)
        case ast.Compare(left, relations, comparators):
            for i, relation in enumerate(relations):
                for other in COMPARISON[type(relation)]:
                    changed = [*relations[:i], other(), *relations[i + 1 :]]
                    yield ast.Compare(left, changed, comparators)
        case ast.Constant(bool() as value):
            yield ast.Constant(not value)
        case ast.Constant(int() | float() as value):
            yield from map(ast.Constant, dict.fromkeys((value + 1, value - 1, value * 2)))
        case ast.Call():
            yield from _call_edits(node)
        case ast.If(test, body, orelse):
            yield ast.If(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.While(test, body, orelse):
            yield ast.While(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.IfExp(test, body, orelse):
            yield ast.IfExp(ast.UnaryOp(ast.Not(), test), body, orelse)
        case ast.Assign():
            yield from _assignment_edits(node)
        case ast.Expr() | ast.Return() | ast.Raise() | ast.Break() | ast.Continue():
            yield ast.Pass()


def _call_edits(call: ast.Call) -> Iterator[ast.AST]:
    function, args, keywords = call.func, call.args, call.keywords
    name = ast.unparse(function).rpartition(".")[2]
    starred = any(isinstance(arg, ast.Starred) for arg in args[:2])
    if len(args) > 1 and not starred and name not in SYMMETRIC:
        yield ast.Call(function, [args[1], args[0], *args[2:]], keywords)
    for i, keyword in enumerate(keywords):
        others = [*keywords[:i], *keywords[i + 1 :]]
        if keyword.arg == "axis" and isinstance(keyword.value, ast.Constant):
            other = ast.Constant(1 if keyword.value.value in (0, None) else 0)
            yield ast.Call(function, args, [*others, ast.keyword("axis", other)])
        if keyword.arg in ABOUT_SHAPE:
            yield ast.Call(function, args, others)
    if isinstance(function, ast.Attribute) and name in COPIES:
        # `x.copy()` and `np.copy(x)`: what was to be a copy becomes the thing itself.
        library = isinstance(function.value, ast.Name) and function.value.id == "np"
        if not library:
            yield function.value
        elif len(args) == 1:
            yield args[0]


def _assignment_edits(node: ast.Assign) -> Iterator[ast.AST]:
    match node:
        case ast.Assign([ast.Name() as target], ast.BinOp(left, operator, right)) if ast.unparse(
            target
        ) == ast.unparse(left):
            yield ast.AugAssign(target, operator, right)
        case ast.Assign([ast.Attribute() | ast.Subscript() as target], ast.BinOp(left, op, right)):
            if ast.unparse(target) == ast.unparse(left):
                yield ast.AugAssign(target, op, right)
    # Without the only assignment to a name the code does not run, which proves nothing.
    if any(isinstance(target, (ast.Attribute, ast.Subscript)) for target in node.targets):
        yield ast.Pass()
