"""What a name means where it stands: a local of the function, or an object of its module."""

import ast
import builtins
import importlib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
LACKING = object()


@dataclass
class Scope:
    """The names of a function, of those around it, and of its module.

    Attributes:
        place: the file and the function, as an error names them.
        values: the names of the module and of the function's closure.
        local: one set of names a function or comprehension, the innermost last.
        imported: what a statement within a function imports.
    """

    place: str
    values: Mapping[str, Any]
    local: list[set[str]] = field(default_factory=list)
    imported: dict[str, Any] = field(default_factory=dict)

    def has(self, name: str) -> bool:
        """Whether a name is local."""
        return any(name in names for names in self.local)

    def value(self, node: ast.expr) -> Any:
        """The object that a name, or an attribute of a module, stands for; `LACKING` if it is a
        local or depends on one.
        """
        if isinstance(node, ast.Name):
            if self.has(node.id):
                return LACKING
            for names in (self.imported, self.values, vars(builtins)):
                if node.id in names:
                    return names[node.id]
            return LACKING
        if isinstance(node, ast.Attribute):
            owner = self.value(node.value)
            if isinstance(owner, types.ModuleType):
                return getattr(owner, node.attr, LACKING)
        return LACKING

    def bring(self, node: ast.Import | ast.ImportFrom) -> None:
        """Notes what a statement within a function imports."""
        for each in node.names:
            if isinstance(node, ast.Import):
                module = importlib.import_module(each.name)
                whole = module if each.asname else importlib.import_module(each.name.split(".")[0])
                self.imported[each.asname or each.name.split(".")[0]] = whole
            else:
                module = importlib.import_module(node.module or "")
                self.imported[each.asname or each.name] = getattr(module, each.name)


def parameters(of: ast.arguments) -> list[str]:
    """All names of parameters."""
    every = [*of.posonlyargs, *of.args, *of.kwonlyargs, *(x for x in (of.vararg, of.kwarg) if x)]
    return [each.arg for each in every]


def within(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """The nodes of statements that belong to the same function, but for comprehensions."""
    rest: list[ast.AST] = list(reversed(body))
    while rest:
        node = rest.pop()
        yield node
        if not isinstance(node, (*FUNCTIONS, *COMPREHENSIONS, ast.ClassDef)):
            rest.extend(ast.iter_child_nodes(node))


def assigned(body: list[ast.stmt]) -> set[str]:
    """The names that the statements of a function give values to."""
    names = set()
    for node in within(body):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, COMPREHENSIONS):
            walrus = (each for each in ast.walk(node) if isinstance(each, ast.NamedExpr))
            names |= {each.target.id for each in walrus}
    return names
