"""Walks a jaxpr and writes each of its equations by the rule of its primitive."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from jax.extend import core as jaxpr_core

from curvkit.browser.values import Value, shape_and_kind
from curvkit.browser.writer import MOST_COST, Writer

Rule = Callable[["Walk", Any, list[Value]], list[Value]]
RULES: dict[str, Rule] = {}


class Untranslatable(Exception):
    """What stands in a program and has no rule, with the line that it came from."""


def rule(*names: str) -> Callable[[Rule], Rule]:
    """Notes a function as the rule of primitives."""

    def noted(function: Rule) -> Rule:
        for name in names:
            RULES[name] = function
        return function

    return noted


class Walk:
    """Writes jaxprs.

    Args:
        writer: where the text goes.
        rules: by the name of a primitive, what writes it: `rule(walk, equation, values)` returns
            the values of its results.

    Attributes:
        met: how many equations of each primitive there were.
    """

    def __init__(self, writer: Writer, rules: Mapping[str, Rule] = RULES):
        self.writer, self.rules, self.met = writer, rules, Counter[str]()

    def closed(self, closed: Any, values: Sequence[Value]) -> list[Value]:
        """The results of a closed jaxpr of values."""
        constants = [self.writer.constant(each) for each in closed.consts]
        return self.open(closed.jaxpr, [*constants, *values])

    def open(self, jaxpr: Any, values: Sequence[Value]) -> list[Value]:
        """The results of a jaxpr, given its constants and arguments in this order."""
        uses = _uses(jaxpr)
        known: dict[Any, Value] = {}
        for variable, value in zip([*jaxpr.constvars, *jaxpr.invars], values, strict=True):
            known[variable] = value.same(value.alone and uses[variable] == 1)
        for equation in jaxpr.eqns:
            given = [self._read(each, known, uses) for each in equation.invars]
            for variable, value in zip(
                equation.outvars, self._written(equation, given), strict=True
            ):
                if uses[variable]:
                    known[variable] = self._held(value, given, uses[variable])
        return [self._read(each, known, uses) for each in jaxpr.outvars]

    def _read(self, atom: Any, known: Mapping[Any, Value], uses: Counter[Any]) -> Value:
        if isinstance(atom, jaxpr_core.Literal):
            return self.writer.constant(np.asarray(atom.val, shape_and_kind(atom.aval)[1].numpy))
        return known[atom]

    def _held(self, value: Value, given: Sequence[Value], uses: int) -> Value:
        """A result as it is kept: in memory where it would be computed more than once."""
        sources = [each for each in given if each.array and each.array == value.array]
        held = value.same(value.alone and all(each.alone for each in sources))
        if held.array is None and held.cost and (uses > 1 or held.cost > MOST_COST):
            self.writer.stored(held)
        held.alone = held.alone and uses == 1
        return held

    def _written(self, equation: Any, given: list[Value]) -> list[Value]:
        name = equation.primitive.name
        self.met[name] += 1
        if name not in self.rules:
            raise Untranslatable(f"{name} has no rule{came_from(equation)}")
        try:
            return self.rules[name](self, equation, given)
        except Untranslatable as error:
            # Where a line of JAX alone is known, that of what is around it says more.
            where = "" if "(from" in str(error) else came_from(equation)
            raise Untranslatable(f"{error}{where}") from error
        except TypeError as error:
            raise Untranslatable(f"{name} of {error} has no rule{came_from(equation)}") from error


def _uses(jaxpr: Any) -> Counter[Any]:
    """How often each variable is read; one that is returned counts as read more than once."""
    uses: Counter[Any] = Counter()
    for equation in jaxpr.eqns:
        uses.update(v for v in equation.invars if not isinstance(v, jaxpr_core.Literal))
    returned = [v for v in jaxpr.outvars if not isinstance(v, jaxpr_core.Literal)]
    uses.update(returned)
    for variable, times in Counter(returned).items():
        if times > 1 or uses[variable] > times:
            uses[variable] += 1
    return uses


def came_from(equation: Any) -> str:
    """Where in curvkit, or else in whatever code, an equation came from, in brackets; nothing where
    that is not known.
    """
    traceback = equation.source_info.traceback
    frames = list(traceback.frames) if traceback is not None else []
    ours = [each for each in frames if "curvkit" in each.file_name]
    foreign = [each for each in frames if "/jax/" not in each.file_name]
    for frame in [*ours, *foreign]:
        file = frame.file_name.rpartition("curvkit/")
        return f" (from {''.join(file[1:])}, line {frame.line_num})"
    return ""


def results(equation: Any) -> list[tuple[tuple[int, ...], Any]]:
    """Shape and kind of each result of an equation."""
    return [shape_and_kind(each.aval) for each in equation.outvars]
