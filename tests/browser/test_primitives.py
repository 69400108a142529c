"""Every primitive that has a rule, against JAX: values, shapes and dtypes, edge cases included."""

import dataclasses
import functools
import warnings

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from browser_cases import CASES, up_to
from wasm import Together, called

from curvkit.browser.module import Module
from curvkit.browser.table import RULES
from curvkit.browser.walk import Untranslatable

NAMES = list(CASES)
# Other names of the same rules, in other versions of JAX or where nothing here writes them.
ALIASES = {
    "pjit", "closed_call", "core_call", "checkpoint", "custom_vjp_call_jaxpr", "copy_p", "pvary",
    "random_wrap", "expand_dims", "empty", "platform_index",
    *(name.replace("-", "_") for name in RULES if name.startswith("scatter-")),
}  # fmt: skip


@functools.cache
def built():
    """All cases, compiled as one module, or why they cannot be; tried once for all tests."""
    try:
        with jax.enable_x64(True):
            return Together([(each.function, each.given) for each in CASES.values()]), None
    except Exception as error:
        return None, error


def together():
    made, error = built()
    if error is not None:
        raise error
    return made


@pytest.fixture(scope="module", autouse=True)
def _let_go():
    yield
    built.cache_clear()


def plain(leaf):
    keys = jax.dtypes.issubdtype(leaf.dtype, jax.dtypes.prng_key)
    values = np.asarray(jax.random.key_data(leaf) if keys else leaf)
    return values.astype(np.int32) if values.dtype == bool else values


@pytest.mark.parametrize("name", NAMES)
def test_a_primitive_has_the_numbers_of_jax(name):
    with jax.enable_x64(True):
        got = together().run(NAMES.index(name))
        each = CASES[name]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = [plain(leaf) for leaf in jax.tree.leaves(jax.jit(each.function)(*each.given))]
    assert len(got) == len(wanted)
    for at, (ours, theirs) in enumerate(zip(got, wanted, strict=True)):
        assert (ours.shape, ours.dtype) == (theirs.shape, theirs.dtype)
        if at in each.up_to_sign:
            ours, theirs = np.abs(ours), np.abs(theirs)
        wrong = ~up_to(ours, theirs, each.tolerance)
        assert not wrong.any(), f"result {at}: {ours[wrong][:5]} in place of {theirs[wrong][:5]}"


def test_every_rule_is_met_by_a_case():
    assert set(RULES) - set(together().met) <= ALIASES


def test_what_has_no_rule_is_named_with_its_line():
    for function, sentence in (
        (lambda x: jnp.fft.fft(x).real, r"complex64 has no rule \(from .*line\b.*\)"),
        (
            lambda x: jax.pure_callback(np.sin, x, x),
            r"pure_callback has no rule \(from .*line \d+\)",
        ),
        (lambda x: x.astype(jnp.bfloat16) * 2, r"type bfloat16 has no rule \(from .*line \d+\)"),
    ):
        module, jaxpr = Module(), jax.make_jaxpr(function)(jnp.ones(4))
        with pytest.raises(Untranslatable, match=sentence):
            module.function("f", jaxpr, module.arrays(jaxpr.in_avals))


def rules_met(each):
    """The primitives that a case has equations of."""
    flat, tree = jax.tree.flatten(each.given)
    jaxpr = jax.make_jaxpr(lambda *leaves: each.function(*jax.tree.unflatten(tree, leaves)))(*flat)
    module = Module()
    module.function("f", jaxpr, module.arrays(jaxpr.in_avals))
    return set(module.met)


def planted(name):
    """The rule with the last element of each of its results wrong, and no other."""
    right = RULES[name]

    def changed(value):
        def at(index):
            x, ends = value.at(index), zip(index, value.shape, strict=True)
            last = "&&".join(["1", *(f"({i})=={n - 1}" for i, n in ends)])
            # Finite in place of what is not, too.
            another = f"({x}-{x}==0?{x}*3+1.25f:0)" if value.kind.real else f"({x}^1)"
            return f"({last}?{another}:{x})"

        return dataclasses.replace(value, at=at, flat=None, array=None)

    def wrong(walk, equation, given):
        write = walk.writer
        return [write.copied(changed(write.stored(x))) for x in right(walk, equation, given)]

    return wrong


@pytest.mark.full
def test_an_error_in_one_element_of_any_rule_is_caught_by_a_case_of_it():
    """All wrong programs are compiled at once: each has one rule that is wrong."""
    with jax.enable_x64(True):
        met = {name: rules_met(each) for name, each in CASES.items()}
        # Those of little else, first.
        simple = sorted(CASES, key=lambda name: len(met[name]))
        wanted = {rule: [name for name in simple if rule in met[name]] for rule in RULES}
        pairs = [(rule, name) for rule, names in wanted.items() for name in names[:4]]
        wrong = [{**RULES, rule: planted(rule)} for rule, _ in pairs]
        cases = [(CASES[name].function, CASES[name].given) for _, name in pairs]
        machine = Together(cases, rules=wrong)
        caught = set()
        for at, (rule, name) in enumerate(pairs):
            each = CASES[name]
            right = [plain(leaf) for leaf in jax.tree.leaves(jax.jit(each.function)(*each.given))]
            got = machine.run(at)
            if any((~up_to(x, y, each.tolerance)).any() for x, y in zip(got, right, strict=True)):
                caught.add(rule)
    assert {rule for rule, names in wanted.items() if names} - caught == set()


@pytest.mark.parametrize("name", ["sub", "reduce_max", "cumsum", "gather", "while", "dot_general"])
def test_a_planted_error_is_caught(name):
    """A rule that takes its operands in another order, or the first result too early."""
    case = {
        "sub": "sub F", "reduce_max": "reductions 1", "cumsum": "cumsum", "gather": "gather clip",
        "while": "while", "dot_general": "product 3 4 5",
    }[name]  # fmt: skip
    right = RULES[name]

    def wrong(walk, equation, given):
        if name == "sub":
            return right(walk, equation, given[::-1])
        made = right(walk, equation, given)
        at = made[-1].at
        more = lambda index: f"({at(index)}*2)"
        return [*made[:-1], dataclasses.replace(made[-1], at=more, flat=None, array=None, cost=1)]

    with jax.enable_x64(True):
        each = CASES[case]
        got = called(each.function, *each.given, rules={**RULES, name: wrong})
        wanted = [plain(leaf) for leaf in jax.tree.leaves(jax.jit(each.function)(*each.given))]
    off = [(~up_to(x, y, each.tolerance)).any() for x, y in zip(got, wanted, strict=True)]
    assert any(off)
