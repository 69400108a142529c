"""Expressions of Python as JavaScript: operators go through the runtime, which knows arrays."""

import ast
import json
from collections.abc import Callable
from typing import Any

from curvkit.browser.drawing.scope import LACKING, Scope, parameters

BINARY = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.FloorDiv: "floordiv",
    ast.Mod: "mod", ast.Pow: "pow", ast.BitAnd: "bitand", ast.BitOr: "bitor", ast.BitXor: "bitxor",
    ast.MatMult: "matmul", ast.RShift: "shift",
}  # fmt: skip
COMPARED = {
    ast.Eq: "eq", ast.NotEq: "ne", ast.Lt: "lt", ast.LtE: "le", ast.Gt: "gt", ast.GtE: "ge",
    ast.In: "isin", ast.NotIn: "notin", ast.Is: "is", ast.IsNot: "isnot",
}  # fmt: skip
UNARY = {ast.USub: "neg", ast.UAdd: "pos", ast.Invert: "invert", ast.Not: "not"}


class Untranslated(ValueError):
    """Something in the text of a figure that has no counterpart in a page."""


class Expressions:
    """Writes expressions of one function.

    Args:
        scope: what names mean.
        named: gives the JavaScript of an object of the module, and notes that it is needed.
        attribute: is told each attribute that is read of an object.
    """

    def __init__(
        self, scope: Scope, named: Callable[[Any, str], str], attribute: Callable[[str], None]
    ):
        self.scope, self.named, self.attribute = scope, named, attribute

    def __call__(self, node: ast.AST | None) -> str:
        """The JavaScript of an expression; `null` of none."""
        if node is None:
            return "null"
        write = getattr(self, f"_{type(node).__name__.lower()}", None)
        if write is None:
            raise self.refused(node, f"{type(node).__name__} has no counterpart in a page")
        return write(node)

    def refused(self, node: ast.AST, why: str) -> Untranslated:
        """The error, with the place."""
        return Untranslated(f"{self.scope.place}, line {getattr(node, 'lineno', '?')}: {why}.")

    def many(self, nodes: list[ast.expr]) -> str:
        """Expressions with commas; starred ones are spread."""
        return ", ".join(map(self, nodes))

    # ---- names and values
    def _constant(self, node: ast.Constant) -> str:
        return self.named(node.value, self.scope.place)

    def _name(self, node: ast.Name) -> str:
        value = self.scope.value(node)
        if value is not LACKING:
            return self.named(value, f"{self.scope.place}, line {node.lineno}")
        if not self.scope.has(node.id):
            raise self.refused(node, f"{node.id} is not known")
        return f"v_{node.id}"

    def _attribute(self, node: ast.Attribute) -> str:
        value = self.scope.value(node)
        if value is not LACKING:
            return self.named(value, f"{self.scope.place}, line {node.lineno}")
        self.attribute(node.attr)
        return f'$.get({self(node.value)}, "{node.attr}")'

    def _tuple(self, node: ast.Tuple) -> str:
        return f"[{self.many(node.elts)}]"

    _list = _tuple

    def _set(self, node: ast.Set) -> str:
        return f"new Set([{self.many(node.elts)}])"

    def _dict(self, node: ast.Dict) -> str:
        pairs = [
            f"...{self(value)}" if key is None else f"[{self(key)}, {self(value)}]"
            for key, value in zip(node.keys, node.values, strict=True)
        ]
        return f"new Map([{', '.join(pairs)}])"

    def _starred(self, node: ast.Starred) -> str:
        return f"...$.iter({self(node.value)})"

    def _joinedstr(self, node: ast.JoinedStr) -> str:
        return f"[{self.many(node.values)}].join('')" if node.values else "''"

    def _formattedvalue(self, node: ast.FormattedValue) -> str:
        value = self(node.value)
        if node.conversion == ord("r"):
            value = f"$.repr({value})"
        return f"$.format({value}, {self(node.format_spec) if node.format_spec else repr('')})"

    # ---- operators
    def _binop(self, node: ast.BinOp) -> str:
        return f"$.{BINARY[type(node.op)]}({self(node.left)}, {self(node.right)})"

    def _unaryop(self, node: ast.UnaryOp) -> str:
        return f"$.{UNARY[type(node.op)]}({self(node.operand)})"

    def _boolop(self, node: ast.BoolOp) -> str:
        name = "and" if isinstance(node.op, ast.And) else "or"
        return f"$.{name}({', '.join(f'() => {self(each)}' for each in node.values)})"

    def _compare(self, node: ast.Compare) -> str:
        if len(node.ops) == 1:
            return (
                f"$.{COMPARED[type(node.ops[0])]}({self(node.left)}, {self(node.comparators[0])})"
            )
        values = [node.left, *node.comparators]
        names = ", ".join(json.dumps(COMPARED[type(each)]) for each in node.ops)
        return f"$.chain([{names}], [{', '.join(f'() => {self(each)}' for each in values)}])"

    def _ifexp(self, node: ast.IfExp) -> str:
        return f"($.truth({self(node.test)}) ? {self(node.body)} : {self(node.orelse)})"

    def _namedexpr(self, node: ast.NamedExpr) -> str:
        return f"({self(node.target)} = {self(node.value)})"

    # ---- calls, functions and comprehensions
    def _call(self, node: ast.Call) -> str:
        given = f"[{self.many(node.args)}]"
        if node.keywords:
            pairs = [
                f"...{self(each.value)}"
                if each.arg is None
                else f'["{each.arg}", {self(each.value)}]'
                for each in node.keywords
            ]
            given += f", new Map([{', '.join(pairs)}])"
        function = node.func
        if isinstance(function, ast.Attribute) and self.scope.value(function) is LACKING:
            self.attribute(function.attr)
            return f'$.call({self(function.value)}, "{function.attr}", {given})'
        return f"{self(function)}({given})"

    def _lambda(self, node: ast.Lambda) -> str:
        own = self.signature(node.args)
        self.scope.local.append(set(parameters(node.args)))
        body = self(node.body)
        self.scope.local.pop()
        return f"$.fn({own}, ({self.arguments(node.args)}) => {body})"

    def arguments(self, of: ast.arguments) -> str:
        """The parameters, in the order in which the runtime hands them on."""
        every = [*of.posonlyargs, *of.args, of.vararg, *of.kwonlyargs, of.kwarg]
        return ", ".join(f"v_{each.arg}" for each in every if each)

    def signature(self, of: ast.arguments) -> str:
        """How a function is called, as the runtime binds it: name, kind, default."""
        plain = [*of.posonlyargs, *of.args]
        lacking = [None] * (len(plain) - len(of.defaults))
        defaults: list[ast.expr | None] = [*lacking, *of.defaults]
        parameters = [
            self._parameter(each.arg, 0, default)
            for each, default in zip(plain, defaults, strict=True)
        ]
        parameters += [self._parameter(of.vararg.arg, 1)] * bool(of.vararg) if of.vararg else []
        parameters += [
            self._parameter(each.arg, 2, default)
            for each, default in zip(of.kwonlyargs, of.kw_defaults, strict=True)
        ]
        parameters += [self._parameter(of.kwarg.arg, 3)] if of.kwarg else []
        return f"[{', '.join(parameters)}]"

    def _parameter(self, name: str, kind: int, default: ast.expr | None = None) -> str:
        return f'["{name}", {kind}{f", {self(default)}" if default is not None else ""}]'

    def _listcomp(self, node: ast.ListComp) -> str:
        return self._comprehension(node.generators, "[]", lambda: f"$r.push({self(node.elt)});")

    _generatorexp = _listcomp

    def _setcomp(self, node: ast.SetComp) -> str:
        return self._comprehension(
            node.generators, "new Set()", lambda: f"$r.add({self(node.elt)});"
        )

    def _dictcomp(self, node: ast.DictComp) -> str:
        return self._comprehension(
            node.generators, "new Map()", lambda: f"$r.set({self(node.key)}, {self(node.value)});"
        )

    def _comprehension(
        self, loops: list[ast.comprehension], empty: str, inner: Callable[[], str]
    ) -> str:
        names = {
            each.id
            for loop in loops
            for each in ast.walk(loop.target)
            if isinstance(each, ast.Name)
        }
        heads = [f"for (const $i0 of $.iter({self(loops[0].iter)})) {{"]
        self.scope.local.append(names)
        for at, loop in enumerate(loops):
            if at:
                heads.append(f"for (const $i{at} of $.iter({self(loop.iter)})) {{")
            heads.append(f"{self.target(loop.target)} = {self.spread(loop.target, f'$i{at}')};")
            heads += [f"if (!$.truth({self(test)})) continue;" for test in loop.ifs]
        body = inner()
        self.scope.local.pop()
        let = ", ".join(f"v_{name}" for name in sorted(names))
        ends = "}" * len(loops)
        loop = f"{' '.join(heads)} {body} {ends}"
        return f"(() => {{ const $r = {empty}; let {let}; {loop} return $r; }})()"

    # ---- places
    def _subscript(self, node: ast.Subscript) -> str:
        return f"$.item({self(node.value)}, {self.key(node.slice)})"

    def key(self, node: ast.expr) -> str:
        """What stands between brackets: several keys as keys of an array."""
        if isinstance(node, ast.Tuple):
            return f"$.keys([{self.many(node.elts)}])"
        return self(node)

    def _slice(self, node: ast.Slice) -> str:
        return f"$.slice({self(node.lower)}, {self(node.upper)}, {self(node.step)})"

    def target(self, node: ast.expr) -> str:
        """The left side of an assignment to names."""
        if isinstance(node, ast.Name):
            return f"v_{node.id}"
        if isinstance(node, ast.Starred):
            return f"...{self.target(node.value)}"
        if isinstance(node, ast.Tuple | ast.List):
            return f"[{', '.join(map(self.target, node.elts))}]"
        raise self.refused(node, "an assignment to this has no counterpart in a page")

    def spread(self, node: ast.expr, value: str) -> str:
        """A value as it is assigned to a target: taken apart where that is several names."""
        if not isinstance(node, ast.Tuple | ast.List):
            return value
        stars = [at for at, each in enumerate(node.elts) if isinstance(each, ast.Starred)]
        inner = [
            f"(x) => {self.spread(each, 'x')}" if isinstance(each, ast.Tuple | ast.List) else "null"
            for each in node.elts
        ]
        star = stars[0] if stars else -1
        if all(each == "null" for each in inner):
            return f"$.apart({value}, {len(node.elts)}, {star})"
        return f"$.apart({value}, {len(node.elts)}, {star}, [{', '.join(inner)}])"
