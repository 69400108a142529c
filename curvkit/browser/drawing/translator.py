"""From the objects of a module to JavaScript: what a function calls is translated with it."""

import ast
import builtins
import collections.abc
import dataclasses
import functools
import inspect
import json
import math
import re
import sys
import textwrap
import types
import typing
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import ndtri

from curvkit.browser.drawing.expressions import Untranslated
from curvkit.browser.drawing.scope import Scope
from curvkit.browser.drawing.statements import written
from curvkit.core import arrays, messages
from curvkit.core.trace import Record
from curvkit.draw import theme

FOLDER = Path(__file__).parent
# Of a table of JavaScript: texts, brackets, and names before a colon.
TOKEN = re.compile(
    r"""("(?:[^"\\]|\\.)*":?|`[^`]*`|/[^/\n ]+/\w*)|([()\[\]{}])|([A-Za-z_]\w*)(?=:)"""
)
# What stands for an object by itself; the functions are written in JavaScript.
STANDS = {
    id(dataclasses.replace): "$replace",
    id(arrays.namespace): "(() => $numpy)",
    id(typing.cast): "((given) => given[1])",
    id(ndtri): "$ndtri",
    id(messages.unknown): "(([name, value]) => `The ${name} ${value} is not known.`)",
    id(messages.refusal): "(([name, wanted]) => `${name} must be ${wanted}.`)",
    id(theme.mode): '(() => "light")',
    id(theme.untyped): "((given) => given[0])",
    id(collections.abc.Mapping): '({ called: "Mapping" })',
    id(np.ndarray): '({ called: "ndarray" })',
    id(np.r_): '$numpy.r_',
}  # fmt: skip
FIGURE = """$.fn(
  [["title", 0], ["rows", 0, 1], ["height", 2, 0], ["shares", 2, null], ["panels", 3]], $framed)"""


class Translator:
    """Collects the functions, constants and classes that were asked for, as JavaScript.

    Example:
        >>> from curvkit.core.messages import number
        >>> translator = Translator()
        >>> translator.named(number, "here")
        'number_0'
    """

    def __init__(self):
        self.texts: list[str] = []
        self.names: dict[int, str] = {}
        self.held: list[Any] = []  # so that no id is used twice
        self.attributes: set[str] = set()
        self.records: dict[str, type] = {}
        self.members: dict[str, dict[str, str]] = {}

    def named(self, value: Any, place: str) -> str:
        """The JavaScript that stands for an object, which is translated where it has to be.

        Raises:
            Untranslated: naming the place, where the object has no counterpart.
        """
        if id(value) in STANDS:
            return STANDS[id(value)]
        if id(value) in self.names:
            return self.names[id(value)]
        if value is theme.figure:
            return self._note(value, "figure", FIGURE)
        if isinstance(value, str) and value.isidentifier():
            self.attributes.add(value)  # it may be read by `getattr`
        simple = _simple(value)
        if simple is not None:
            return simple
        for test, write in (
            (_of_numpy, self._numpy), (_built_in, self._built_in), (_of_plotly, _curve),
            (_is_container, self._container), (_is_function, self._function),
            (_is_record, self._record), (dataclasses.is_dataclass, self._plain),
        ):  # fmt: skip
            if test(value):
                return write(value, place)
        raise Untranslated(f"{place}: {_told(value)} has no counterpart in a page.")

    def text(self) -> str:
        """All that was asked for, with the classes it needs."""
        done = -1
        while done != sum(map(len, self.members.values())):
            done = sum(map(len, self.members.values()))
            for name, kind in self.records.items():
                self._members(name, kind)
        classes = [
            f"const {name} = $record({json.dumps(kind.__name__)}, {{\n"
            + ",\n".join(f"{each}: {text}" for each, text in self.members[name].items())
            + "\n});"
            for name, kind in self.records.items()
        ]
        return "\n".join([*self.texts, *classes])

    def _note(self, value: Any, name: str, text: str) -> str:
        name = _unique(name, len(self.names))
        self.names[id(value)] = name
        self.held.append(value)
        self.texts.append(f"const {name} = {text};")
        return name

    # ---- kinds of objects
    def _numpy(self, value: Any, place: str) -> str:
        name = value.__name__
        if isinstance(value, type):
            return f'$kind("{name}")'
        if value is np.linalg.norm:
            return '$numpy["linalg.norm"]'
        if value is np:
            return "$numpy"
        if name not in known("NUMPY"):
            raise Untranslated(f"{place}: numpy.{name} has no counterpart in a page.")
        return f"$numpy.{name}"

    def _built_in(self, value: Any, place: str) -> str:
        table = "MATH" if getattr(value, "__module__", "") == "math" else "BUILT_IN"
        if value.__name__ not in known(table):
            raise Untranslated(f"{place}: {value.__name__} has no counterpart in a page.")
        return f"${'math' if table == 'MATH' else 'py'}.{value.__name__}"

    def _container(self, value: Any, place: str) -> str:
        if isinstance(value, np.ndarray):
            numbers = json.dumps(value.tolist())
            text = f'$numpy.array([{numbers}, $kind("{value.dtype.name}")])'
        elif isinstance(value, collections.abc.Mapping):
            pairs = (f"[{self.named(k, place)}, {self.named(v, place)}]" for k, v in value.items())
            text = f"new Map([{', '.join(pairs)}])"
        else:
            parts = f"[{', '.join(self.named(each, place) for each in value)}]"
            text = f"new Set({parts})" if isinstance(value, set | frozenset) else parts
        return self._note(value, "constant", text) if len(text) > 24 else text

    def _plain(self, value: Any, place: str) -> str:
        fields = {each.name: getattr(value, each.name) for each in dataclasses.fields(value)}
        for name, member in vars(type(value)).items():
            if isinstance(member, property):
                fields[name] = getattr(value, name)
        pairs = (f"{name}: {self.named(each, place)}" for name, each in fields.items())
        return f"$.plain({{ {', '.join(pairs)} }})"

    def _function(self, value: Any, place: str) -> str:
        if isinstance(value, functools.partial):
            return self._partial(value, place)
        function = inspect.unwrap(value)
        name = _unique(function.__name__, len(self.names))
        self.names[id(value)] = name
        self.held.append(value)
        once = "$.cached" if hasattr(value, "cache_info") else ""
        self.texts.append(f"const {name} = {once}({self._written(function)});")
        return name

    def _partial(self, value: functools.partial[Any], place: str) -> str:
        given = ", ".join(self.named(each, place) for each in value.args)
        pairs = ", ".join(f'["{k}", {self.named(v, place)}]' for k, v in value.keywords.items())
        both = f"[{', '.join(filter(None, (given, '...given')))}]"
        named = f"new Map([{', '.join(filter(None, (pairs, '...(named ?? [])')))}])"
        function = self.named(value.func, place)
        return f"((given = [], named = null) => {function}({both}, {named}))"

    def _written(self, function: types.FunctionType) -> str:
        place = f"{function.__module__}.{function.__qualname__}"
        try:
            lines, first = inspect.getsourcelines(function)
        except OSError as error:
            raise Untranslated(f"{place}: its text cannot be read.") from error
        tree = ast.parse(textwrap.dedent("".join(lines)))
        ast.increment_lineno(tree, first - 1)
        node = tree.body[0]
        if not isinstance(node, ast.FunctionDef):
            raise Untranslated(f"{place}: a function without a name has no counterpart in a page.")
        closed = inspect.getclosurevars(function).nonlocals if function.__closure__ else {}
        scope = Scope(place, {**function.__globals__, **closed})
        return written(node, scope, self.named, self.attributes.add, self._called(function, place))

    def _called(self, function: types.FunctionType, place: str) -> str:
        """How a function is called, with the values of its defaults."""
        kinds = {
            inspect.Parameter.VAR_POSITIONAL: 1, inspect.Parameter.KEYWORD_ONLY: 2,
            inspect.Parameter.VAR_KEYWORD: 3,
        }  # fmt: skip
        parameters = []
        for each in inspect.signature(function).parameters.values():
            text = f'["{each.name}", {kinds.get(each.kind, 0)}'
            if each.default is not inspect.Parameter.empty:
                text += f", {self.named(each.default, place)}"
            parameters.append(text + "]")
        return f"[{', '.join(parameters)}]"

    def _record(self, value: Any, place: str) -> str:
        name = f"{value.__name__}_{len(self.names)}"
        self.names[id(value)] = name
        self.records[name], self.members[name] = value, {}
        return name

    def _members(self, name: str, kind: type) -> None:
        """The members of a class that anything reads and that are not there yet."""
        for wanted in sorted(self.attributes - self.members[name].keys()):
            member = inspect.getattr_static(kind, wanted, None)
            series = getattr(kind, "__series__", {})
            if member is None or wanted in series:
                continue
            if isinstance(member, property):
                text = f"{{ property: {self._written(member.fget)} }}"  # pyright: ignore
            elif isinstance(member, functools.cached_property):
                text = f"{{ property: {self._written(member.func)} }}"
            elif isinstance(member, classmethod):
                text = f"{{ ofClass: {self._written(member.__func__)} }}"
            elif isinstance(member, types.FunctionType):
                text = f"{{ method: {self._written(member)} }}"
            else:
                text = f"{{ constant: {self.named(member, kind.__name__)} }}"
            self.members[name][wanted] = text


def _simple(value: Any) -> str | None:
    """A number, a text, a truth value or nothing, as it is written; None of all else."""
    if value is Ellipsis:
        return "$.ellipsis"
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int | float):
        if math.isnan(value):
            return "NaN"
        return ("-" * (value < 0) + "Infinity") if math.isinf(value) else repr(value)
    return None


def _unique(name: str, number: int) -> str:
    return re.sub(r"\W", "", name) + f"_{number}"


def _told(value: Any) -> str:
    return getattr(value, "__qualname__", None) or type(value).__name__


def _of_numpy(value: Any) -> bool:
    if value is np or isinstance(value, np.ufunc):
        return True
    module = getattr(value, "__module__", None) or ""
    return module.split(".")[0] == "numpy" and hasattr(value, "__name__")


def _built_in(value: Any) -> bool:
    name = getattr(value, "__name__", None)
    owner = sys.modules.get(getattr(value, "__module__", None) or "")
    return owner in (builtins, math) and getattr(owner, name or "", None) is value


def _of_plotly(value: Any) -> bool:
    return isinstance(value, type) and value.__module__.startswith("plotly.")


def _curve(value: Any, place: str) -> str:
    return f'$curve("{value.__name__.lower()}")'


def _is_container(value: Any) -> bool:
    kinds = (tuple, list, set, frozenset, np.ndarray, collections.abc.Mapping)
    return isinstance(value, kinds)


def _is_function(value: Any) -> bool:
    return isinstance(inspect.unwrap(value), types.FunctionType | functools.partial)


def _is_record(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, Record)


@functools.cache
def known(table: str) -> frozenset[str]:
    """The names that a table of the JavaScript files has."""
    file = "python.js" if table == "BUILT_IN" else "numeric.js"
    text = (FOLDER / file).read_text(encoding="utf-8")
    body = text.split(f"const {table} = {{", 1)[1].split("\n};", 1)[0]
    depth, names = 0, set()
    for quoted, bracket, name in TOKEN.findall(body):
        depth += bracket in ("(", "[", "{")
        depth -= bracket in (")", "]", "}")
        if depth == 0 and (name or quoted.endswith('":')):
            names.add((name or quoted.strip('":')).split(".")[0])
    return frozenset(names)
