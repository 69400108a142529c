"""Rules of what is computed element by element: fused into the loop that uses the result."""

import math
from collections.abc import Callable
from typing import Any

from curvkit.browser.values import ElementType, Index, Value, kind_of, literal
from curvkit.browser.walk import Untranslatable, Walk, results, rule

# How an element is written: of the texts of the operands, their kind, and the equation.
Text = Callable[[list[str], ElementType, Any], str]
# What takes a processor longer than adding does.
HEAVY = 4


def fused(walk: Walk, equation: Any, given: list[Value], text: Text, cost: int = 1) -> list[Value]:
    """The elements of a result as an expression of those of the operands, which are of the shape
    of the result, of one number, or of size 1 where the result is longer.
    """
    (shape, kind) = results(equation)[0]
    of = given[-1].kind if equation.primitive.name == "select_n" else given[0].kind
    write = lambda operands: text(operands, of, equation)
    for each in given:
        if each.cost and each.size < math.prod(shape):
            walk.writer.stored(each)

    def at(index: Index) -> str:
        return write([each.at(_its_own(index, each)) for each in given])

    fits = all(each.flat is not None for each in given if each.shape == shape)
    fits = fits and all(each.size == 1 for each in given if each.shape != shape)

    def flat(k: str) -> str:
        return write([
            each.flat(k) if each.shape == shape and each.flat is not None
            else each.at(["0"] * len(each.shape)) for each in given
        ])  # fmt: skip

    total = cost + sum(each.cost for each in given)
    return [Value(shape, kind, at, flat if fits else None, cost=total)]


def _its_own(index: Index, value: Value) -> list[str]:
    """The index into an operand, which has one element along a dimension or all; one that chooses
    between keys has not the dimension of their words.
    """
    ours = index[: len(value.shape)]
    return [i if n != 1 else "0" for i, n in zip(ours, value.shape, strict=True)]


def _cast(kind: ElementType, text: str) -> str:
    """C computes with small whole numbers as with larger ones; the result has their size again."""
    return f"(({kind.c}){text})" if kind in "STCA" else text


def _infix(sign: str) -> Text:
    def text(a: list[str], kind: ElementType, equation: Any) -> str:
        if kind in "IL":  # overflow wraps around, which C leaves open for signed numbers
            unsigned = {"I": "unsigned", "L": "unsigned long long"}[kind]
            return f"(({kind.c})(({unsigned}){a[0]}{sign}({unsigned}){a[1]}))"
        if kind == "B":
            return f"({a[0]}{'||' if sign == '+' else '&&'}{a[1]})"
        return _cast(kind, f"({a[0]}{sign}{a[1]})")

    return text


def _compare(sign: str) -> Text:
    return lambda a, kind, equation: f"({a[0]}{sign}{a[1]})"


def _ordered(sign: str) -> Text:
    """In the total order of real numbers, in which each has its place; as ever of whole ones."""

    def text(a: list[str], kind: ElementType, equation: Any) -> str:
        each = [f"order_{kind}({x})" for x in a] if kind.real else a
        return f"({each[0]}{sign}{each[1]})"

    return text


def _bits(sign: str) -> Text:
    return lambda a, kind, equation: _cast(kind, f"({a[0]}{sign}{a[1]})")


def _call(name: str, kinds: str = "") -> Text:
    """A function of C, called by its name and the letter of the kind."""

    def text(a: list[str], kind: ElementType, equation: Any) -> str:
        if kinds and kind not in kinds:
            raise TypeError(f"numbers of kind {kind.numpy}")
        return f"{name}_{kind}({','.join(a)})"

    return text


def _not(a: list[str], kind: ElementType, equation: Any) -> str:
    return f"(!{a[0]})" if kind == "B" else _cast(kind, f"(~{a[0]})")


def _negative(a: list[str], kind: ElementType, equation: Any) -> str:
    if kind in "IL":
        return _infix("-")(["0", a[0]], kind, equation)
    return _cast(kind, f"(-{a[0]})")


def _whole_power(a: list[str], kind: ElementType, equation: Any) -> str:
    exponent = equation.params["y"]
    if exponent == 2:
        return f"square_{kind}({a[0]})"
    return f"power_{kind}({a[0]},{exponent})"


def _converted(a: list[str], kind: ElementType, equation: Any) -> str:
    to = kind_of(equation.params["new_dtype"])
    if to == kind:
        return a[0]
    if to == "B":
        return f"({a[0]}!=0)"
    if kind.real and not to.real:
        return f"to_{kind}{to}({a[0]})"
    return f"(({to.c}){a[0]})"


def _chosen(a: list[str], kind: ElementType, equation: Any) -> str:
    which, cases = a[0], a[1:]
    if len(cases) == 2:
        return f"({which}?{cases[1]}:{cases[0]})"
    text = cases[-1]
    for at in range(len(cases) - 2, -1, -1):
        text = f"({which}=={at}?{cases[at]}:{text})" if at else f"({which}<=0?{cases[0]}:{text})"
    return text


def _clamped(a: list[str], kind: ElementType, equation: Any) -> str:
    return f"min_{kind}(max_{kind}({a[1]},{a[0]}),{a[2]})"


def _rounded(a: list[str], kind: ElementType, equation: Any) -> str:
    even = int(equation.params["rounding_method"]) == 1
    return f"{'to_even' if even else 'from_zero'}_{kind}({a[0]})"


def _bit_pattern(a: list[str], kind: ElementType, equation: Any) -> str:
    to = kind_of(equation.params["new_dtype"])
    if to.numpy.itemsize != kind.numpy.itemsize or "B" in (to, kind):
        raise TypeError(f"the bits of {kind.numpy} as {to.numpy}")
    return a[0] if to == kind else f"bits_{kind}{to}({a[0]})"


def _precision(a: list[str], kind: ElementType, equation: Any) -> str:
    bits = (equation.params["exponent_bits"], equation.params["mantissa_bits"])
    if bits != {"F": (8, 23), "D": (11, 52)}.get(kind):
        raise Untranslatable(f"reduce_precision to {bits} bits has no rule")
    return a[0]


def _log1p(a: list[str], kind: ElementType, equation: Any) -> str:
    # As in softplus, whose exponential lies between 0 and 1.
    unit = a[0].startswith(f"exp_{kind}((-abs_{kind}(")
    return _call("log1p_unit" if unit else "log1p", "FD")(a, kind, equation)


LIGHT: dict[str, Text] = {
    "add": _infix("+"), "add_any": _infix("+"), "sub": _infix("-"), "mul": _infix("*"),
    "neg": _negative, "not": _not, "and": _bits("&"), "or": _bits("|"), "xor": _bits("^"),
    "lt": _compare("<"), "le": _compare("<="), "gt": _compare(">"), "ge": _compare(">="),
    "lt_to": _ordered("<"), "le_to": _ordered("<="), "eq_to": _ordered("=="),
    "eq": _compare("=="), "ne": _compare("!="), "max": _call("max"), "min": _call("min"),
    "abs": _call("abs"), "sign": _call("sign"), "floor": _call("floor", "FD"),
    "ceil": _call("ceil", "FD"), "round": _rounded, "is_finite": _call("finite", "FD"),
    "square": _call("square"), "sqrt": _call("sqrt", "FD"), "convert_element_type": _converted,
    "select_n": _chosen, "clamp": _clamped, "shift_left": _call("left"),
    "shift_right_logical": _call("right"), "shift_right_arithmetic": _call("right_signed"),
    "bitcast_convert_type": _bit_pattern, "population_count": _call("ones", "IULM"),
    "clz": _call("zeros", "IULM"), "reduce_precision": _precision,
}  # fmt: skip
COSTLY: dict[str, Text] = {
    name: _call(name, "FD")
    for name in (
        "exp", "exp2", "log", "expm1", "tanh", "logistic", "sin", "cos", "tan", "asin",
        "acos", "atan", "sinh", "cosh", "asinh", "acosh", "atanh", "atan2", "cbrt", "rsqrt",
        "erf", "erfc", "erf_inv", "lgamma", "nextafter",
    )
} | {
    "log1p": _log1p, "div": _call("div"), "rem": _call("rem"), "integer_pow": _whole_power,
}  # fmt: skip


def _rule_of(text: Text, cost: int):
    def written(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
        return fused(walk, equation, given, text, cost)

    return written


for _name, _text in LIGHT.items():
    rule(_name)(_rule_of(_text, 1))
for _name, _text in COSTLY.items():
    rule(_name)(_rule_of(_text, HEAVY))


@rule("pow")
def _pow(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    base, exponent = given

    def text(a: list[str], kind: ElementType, equation: Any) -> str:
        # By a whole exponent too, as JAX: products of products are off by many units in the last
        # place, of which what is left of 1 - 0.999**step is made.
        if exponent.kind.real or kind.real:
            return f"pow_{kind}({a[0]},{a[1]})"
        return f"power_{kind}({a[0]},{a[1]})"

    return fused(walk, equation, given, text, HEAVY)


@rule("iota")
def _iota(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    (shape, kind), dimension = results(equation)[0], equation.params["dimension"]
    cast = f"({kind.c})"
    of = lambda index: f"({cast}{index[dimension]})"
    return [Value(shape, kind, of, (lambda k: f"({cast}{k})") if len(shape) == 1 else None)]


@rule("empty")
def _empty(walk: Walk, equation: Any, given: list[Value]) -> list[Value]:
    (shape, kind) = results(equation)[0]
    zero = literal(0, kind)
    return [Value(shape, kind, lambda index: zero, lambda k: zero)]
