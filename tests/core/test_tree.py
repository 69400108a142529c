"""Pytrees: what does not fit is refused in one sentence that names the leaf."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from curvkit.core import tree


@pytest.mark.parametrize(
    "said, params",
    [
        ("params must be a pytree with at least one array", {}),
        (r"params\['a'\]\[1\] must be a floating-point array, but dtype\('int32'\)",
         {"a": [np.ones(2, np.float32), np.ones(2, np.int32)]}),
        (r"params\['b'\] must be a floating-point array, but 'x'", {"b": "x"}),
        (r"params\[0\] must be a floating-point array", (np.ones(2, np.complex64),)),
        (r"params\[0\] must be a floating-point array", (np.ones(2, bool),)),
    ],
)  # fmt: skip
def test_leaves_that_are_no_floats_are_refused_by_their_place(said, params):
    with pytest.raises(ValueError, match=said) as refused:
        tree.require_floats("params", params)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


@pytest.mark.parametrize("leaf", [np.float32(1), 1.0, np.ones(2, np.float16), jnp.ones(2)])
def test_floats_of_all_kinds_are_taken(leaf):
    tree.require_floats("params", [leaf])


@pytest.mark.parametrize(
    "loss", [lambda p: p, lambda p: (1.0, 2.0), lambda p: 1, lambda p: jnp.sum(p) * 1j]
)
def test_a_loss_that_is_no_real_scalar_is_refused_in_one_sentence(loss):
    with pytest.raises(ValueError, match=r"loss\(params\) must be a real scalar") as refused:
        tree.require_scalar(loss, jnp.ones(2))
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_tracing_is_noticed_inside_of_jit_and_not_outside():
    seen = []
    jax.jit(lambda x: seen.append(tree.traced({"a": [x]})) or x)(1.0)
    assert seen == [True]
    assert not tree.traced({"a": [jnp.ones(2), 1.0, None]})


def test_what_is_doubled_has_the_derivatives_of_float64_in_a_program_of_float32():
    # (1 + x)³ − 1 of a small x, all of which is lost in single precision.
    cubed = tree.doubled(lambda given: (1 + given["x"]) ** given["n"] - 1)
    of = lambda x: cubed({"x": x, "n": jnp.asarray(3)})
    x = jnp.float32(1e-9)
    for called in (of, jax.jit(of), lambda x: jax.vmap(of)(x[None])[0]):
        assert called(x).dtype == jnp.float32
        assert float(called(x)) == pytest.approx(3e-9, rel=1e-6)
    assert float(jax.grad(jax.grad(of))(x)) == pytest.approx(6, rel=1e-6)
    assert float(jax.jit(jax.grad(of))(x)) == pytest.approx(3, rel=1e-6)
