"""Statements and functions of Python as JavaScript."""

import ast
from collections.abc import Callable
from typing import Any

from curvkit.browser.drawing.expressions import BINARY, Expressions
from curvkit.browser.drawing.scope import LACKING, Scope, assigned, parameters, within

# Blocks that only silence NumPy.
SILENCERS = {"errstate", "catch_warnings"}


class Statements(Expressions):
    """Writes the body of a function, with the functions within it."""

    def function(self, node: ast.FunctionDef, defaults: str | None = None) -> str:
        """A whole function.

        Args:
            node: its text.
            defaults: how it is called, where its defaults are known by their values.
        """
        own = defaults if defaults is not None else self.signature(node.args)
        names = parameters(node.args)
        inner = assigned(node.body) - set(names)
        self.scope.local.append({*names, *inner})
        body = self.block(node.body)
        self.scope.local.pop()
        let = f"let {', '.join(f'v_{name}' for name in sorted(inner))};\n" if inner else ""
        yields = any(isinstance(each, ast.Yield | ast.YieldFrom) for each in within(node.body))
        star = "*" * yields
        head = f"function{star} ({self.arguments(node.args)})"
        return f"$.fn({own}, {head} {{\n{let}{body}\n{'' if yields else 'return null;'}\n}})"

    def block(self, body: list[ast.stmt]) -> str:
        """Statements, one a line."""
        return "\n".join(filter(None, (self.statement(each) for each in body)))

    def statement(self, node: ast.stmt) -> str:
        """One statement; nothing of those that say something to Python alone."""
        write = getattr(self, f"_{type(node).__name__.lower()}", None)
        if write is None:
            raise self.refused(node, f"{type(node).__name__} has no counterpart in a page")
        return write(node)

    def _expr(self, node: ast.Expr) -> str:
        if isinstance(node.value, ast.Constant):
            return ""
        if isinstance(node.value, ast.Yield):
            return f"yield {self(node.value.value)};"
        if isinstance(node.value, ast.YieldFrom):
            return f"yield* $.iter({self(node.value.value)});"
        return f"{self(node.value)};"

    def _pass(self, node: ast.Pass) -> str:
        return ""

    def _assert(self, node: ast.Assert) -> str:
        return ""

    def _return(self, node: ast.Return) -> str:
        return f"return {self(node.value)};"

    def _continue(self, node: ast.Continue) -> str:
        return "continue;"

    def _break(self, node: ast.Break) -> str:
        return "break;"

    def _raise(self, node: ast.Raise) -> str:
        call = node.exc
        words = call.args[:1] if isinstance(call, ast.Call) else []
        return f"throw new Error({self.many(words)});"

    def _import(self, node: ast.Import) -> str:
        self.scope.bring(node)
        return ""

    def _importfrom(self, node: ast.ImportFrom) -> str:
        self.scope.bring(node)
        return ""

    def _functiondef(self, node: ast.FunctionDef) -> str:
        return f"v_{node.name} = {self.function(node)};"

    def _if(self, node: ast.If) -> str:
        text = f"if ($.truth({self(node.test)})) {{\n{self.block(node.body)}\n}}"
        return text + (f" else {{\n{self.block(node.orelse)}\n}}" if node.orelse else "")

    def _while(self, node: ast.While) -> str:
        return f"while ($.truth({self(node.test)})) {{\n{self.block(node.body)}\n}}"

    def _for(self, node: ast.For) -> str:
        value = self.assign(node.target, "$each")
        body = self.block(node.body)
        return f"for (const $each of $.iter({self(node.iter)})) {{\n{value}\n{body}\n}}"

    def _with(self, node: ast.With) -> str:
        for each in node.items:
            call = each.context_expr
            known = self.scope.value(call.func) if isinstance(call, ast.Call) else LACKING
            if getattr(known, "__name__", "") not in SILENCERS:
                raise self.refused(node, "this block has no counterpart in a page")
        return self.block(node.body)

    def _assign(self, node: ast.Assign) -> str:
        if len(node.targets) == 1:
            return self.assign(node.targets[0], self(node.value))
        each = [self.assign(target, "$value") for target in node.targets]
        return f"{{ const $value = {self(node.value)}; {' '.join(each)} }}"

    def _annassign(self, node: ast.AnnAssign) -> str:
        return self.assign(node.target, self(node.value)) if node.value else ""

    def _augassign(self, node: ast.AugAssign) -> str:
        value = f"$.{BINARY[type(node.op)]}({self.load(node.target)}, {self(node.value)})"
        # An array is changed in place, for whoever else holds it.
        return self.assign(node.target, f"$.inplace({self.load(node.target)}, {value})")

    def load(self, node: ast.expr) -> str:
        """A target as it is read."""
        return self(ast.copy_location(ast.parse(ast.unparse(node), mode="eval").body, node))

    def assign(self, node: ast.expr, value: str) -> str:
        """The statement that gives a value to a target."""
        if isinstance(node, ast.Subscript):
            return f"$.put({self(node.value)}, {self.key(node.slice)}, {value});"
        if isinstance(node, ast.Tuple | ast.List) and any(
            isinstance(each, ast.Subscript) for each in node.elts
        ):
            parts = [self.assign(each, f"$parts[{at}]") for at, each in enumerate(node.elts)]
            return f"{{ const $parts = $.apart({value}, {len(parts)}, -1); {' '.join(parts)} }}"
        return f"{self.target(node)} = {self.spread(node, value)};"


def written(
    node: ast.FunctionDef, scope: Scope, named: Callable[[Any, str], str],
    attribute: Callable[[str], None], defaults: str,
) -> str:  # fmt: skip
    """A function of a module as JavaScript."""
    return Statements(scope, named, attribute).function(node, defaults)
