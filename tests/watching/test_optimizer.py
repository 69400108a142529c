"""What an optimizer tells a watch, in loops as people have them."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close

import curvkit
from curvkit.watching import _optimizer as optimizer
from curvkit.watching import _parts as parts
from curvkit.watching import figures

BENDS = jnp.array([5.0, 3.0, 1.0])
PARAMS = {"a": jnp.ones(3), "b": jnp.ones(3), "f": jnp.tanh, "n": jnp.array(3)}


def loss(params, batch=1.0):
    """A quadratic of bends 5, 3, 1 in a and twice that in b."""
    return 0.5 * batch * jnp.sum(BENDS * (params["a"] ** 2 + 2 * params["b"] ** 2))


def floats(params):
    return {name: params[name] if name in "ab" else None for name in params}


def told(state, step=0, params=PARAMS, **options):
    """What is told, by the options of a watch."""
    watcher = curvkit.watch(loss, **options)
    numbers, _, shape = parts.split(params, options.get("trained"))
    return optimizer.tell(watcher._options, state, step, params, numbers, shape)


def stepped(method, params, steps=1, watcher=None):
    """A loop, watched."""
    state = method.init(params)
    rows = []
    for step in range(steps):
        updates, state = method.update(jax.grad(loss)(params), state, params)
        params = optax.apply_updates(params, updates)
        if watcher is not None:
            rows.append(watcher.observe(params, state, step))
    return state, rows


def test_a_state_may_be_of_all_of_params_of_its_floats_or_of_its_numbers():
    numbers, _, _ = parts.split(PARAMS)
    for params in (floats(PARAMS), numbers):
        method = optax.adam(0.1)
        state = method.update(jax.tree.map(jnp.ones_like, params), method.init(params), params)[1]
        made, _ = told(state, optimizer=method)
        assert made.rule == "adam" and made.shaped and bool(made.ready)
        assert_close(made.weights(numbers, numbers)[1], [0.1] * 3, rtol=1e-5)


def test_of_two_groups_the_one_that_is_trained_is_judged():
    params = {"a": jnp.ones(3), "b": jnp.ones(3)}
    for groups in (
        {"x": optax.sgd(0.01), "y": optax.sgd(0.1)},
        {
            name: optax.inject_hyperparams(optax.sgd)(rate)
            for name, rate in (("x", 0.01), ("y", 0.1))
        },
    ):
        method = optax.multi_transform(groups, {"a": "x", "b": "y"})
        state = method.init(params)
        numbers = [params["a"], params["b"]]
        whole, _ = told(state, params=params, optimizer=method)
        assert_close(whole.weights(numbers, numbers), [[10.0] * 3, [1.0] * 3], rtol=1e-5)
        only, _ = told(state, params=params, optimizer=method, trained="a")
        assert float(only.learning_rate) == pytest.approx(0.01) and not only.shaped


def test_a_leaf_is_named_or_refused():
    tree = {"a": {"w": jnp.ones(1), "b": jnp.ones(2)}, "c": [jnp.ones(3)]}
    for name, sizes in (("b", [2]), ("a", [2, 1]), ("a.w", [1]), ("c.0", [3])):
        assert [each.size for each in parts.split(tree, name)[0]] == sizes
    with pytest.raises(ValueError, match="There is no leaf of params 'd'"):
        parts.split(tree, "d")
    for mask in (["a", "b"], {"a": "yes", "c": True}, {"a": 1, "c": 0}):
        with pytest.raises(ValueError, match="trained must be a pytree of booleans"):
            parts.split(tree, mask)


def test_nothing_is_read_before_the_first_update_has_gone_into_the_moments():
    params = {"a": jnp.ones(3), "b": jnp.ones(3)}
    method = optax.MultiSteps(optax.adam(0.01), 3)
    watcher = curvkit.watch(loss, optimizer=method, every=1, budget=None)
    assert watcher.observe(params, method.init(params)) is None
    _, rows = stepped(method, params, 5, watcher)
    assert [row is not None for row in rows] == [False, False, True, True, True]
    assert watcher.trace.sharpness.max() < 1e3 and watcher.pace.reading >= 0
    assert watcher.trace.settings["rule"] == "adam"


@pytest.mark.slow
def test_within_a_scan_it_reads_the_same():
    params = {"a": jnp.ones(3), "b": jnp.ones(3)}
    method = optax.MultiSteps(optax.inject_hyperparams(optax.adamw)(0.01, b1=0.5), 2)
    outside = curvkit.watch(loss, optimizer=method, every=2, budget=None)
    inside = curvkit.watch(loss, optimizer=method, every=2, budget=None)

    def one(carry, step):
        params, state, seen = carry
        updates, state = method.update(jax.grad(loss)(params), state, params)
        params = optax.apply_updates(params, updates)
        seen, row = inside.pure_observe(seen, params, state, step)
        return (params, state, seen), row

    start = (params, method.init(params), inside.begin(params))
    inside.collect(jax.lax.scan(one, start, jnp.arange(7))[1])
    stepped(method, params, 7, outside)
    assert inside.trace.step.tolist() == outside.trace.step.tolist() == [2, 4, 6]
    assert_close(inside.trace.critical, [6.0] * 3, rtol=1e-2)
    for name in ("loss", "learning_rate", "critical", "eigenvalues"):
        assert_close(getattr(inside.trace, name), getattr(outside.trace, name), rtol=1e-4)


@pytest.mark.slow
def test_without_a_rule_there_is_no_threshold_and_nothing_is_said_of_one():
    params = {"a": jnp.ones(3), "b": jnp.ones(3)}
    watcher = curvkit.watch(loss, rule=None, every=1, budget=None)
    stepped(optax.adan(0.1), params, 2, watcher)
    trace = watcher.trace
    assert_close(trace.sharpness, [10.0, 10.0], rtol=1e-4)
    assert np.isnan(trace.critical).all() and np.isnan(trace.threshold).all()
    assert "critical" not in watcher.words() and "10.00" in watcher.words().replace(
        "10.0*", "10.00*"
    )
    for name in figures.FIGURES:
        made = figures.FIGURES[name](trace)
        assert not [each for each in made.data if each.name in ("threshold", "critical")]
        assert "None" not in str(made.layout.title.text)


def test_a_rate_of_zero_has_an_infinite_threshold_and_no_warning():
    params = {"a": jnp.ones(3), "b": jnp.ones(3)}
    method = optax.sgd(optax.linear_schedule(0.0, 0.1, 10))
    watcher = curvkit.watch(loss, optimizer=method, every=1, budget=None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        watcher.observe(params, method.init(params))
        assert watcher.trace.threshold.tolist() == [np.inf]


@pytest.mark.slow
def test_a_preconditioner_and_a_critical_value_of_ones_own_are_taken():
    params = {"a": jnp.ones(3), "b": jnp.ones(3)}
    method = optax.adan(0.1)
    watcher = curvkit.watch(
        loss, optimizer=method, every=1, budget=None, critical=3.0, learning_rate=0.1,
        preconditioner=lambda state: {"a": jnp.full(3, 2.0), "b": jnp.full(3, 5.0)},
    )  # fmt: skip
    stepped(method, params, 1, watcher)
    assert_close(watcher.trace.sharpness, [2.5], rtol=1e-4)
    assert_close(watcher.trace.critical, [3.0])
    with pytest.raises(ValueError, match="critical is a value of learning rate times sharpness"):
        told(None, rule=None, critical=2.0)
    short = lambda state: [jnp.ones(2)]
    with pytest.raises(ValueError, match="what preconditioner returns must be of the shapes of"):
        told(None, preconditioner=short, critical=2.0, learning_rate=0.1)
    with pytest.raises(ValueError, match="what preconditioner returns must be above 0"):
        told(None, preconditioner=lambda state: [jnp.zeros(3)] * 2, critical=2.0)


@pytest.mark.slow
def test_groups_are_judged_together_and_what_was_assumed_is_told():
    params = {"a": jnp.ones(3), "b": jnp.ones(3)}
    rates = {"x": optax.sgd(0.01), "y": optax.sgd(0.1), "z": optax.set_to_zero()}
    for labels, scaled in (({"a": "x", "b": "y"}, 1.0), ({"a": "y", "b": "z"}, 0.5)):
        method = optax.multi_transform(rates, labels)
        watcher = curvkit.watch(loss, optimizer=method, every=1, budget=None)
        watcher.observe(params, method.init(params))
        assert_close(watcher.trace.scaled_sharpness, [scaled], rtol=1e-4)
        assert "Assumed" not in watcher.words()
    watcher = curvkit.watch(loss, rule="adam", learning_rate=0.1, every=1, budget=None)
    stepped(optax.adam(0.1), params, 1, watcher)
    assert "as the optimizer's state does not tell: momentum 0.9, second" in watcher.words()
    assert watcher.trace.settings["assumed"][2] == "epsilon 1e-08"


@pytest.mark.slow
def test_sign_descent_is_read_in_its_own_norm():
    params = {"a": jnp.ones(3), "b": jnp.ones(3)}
    method = optax.sign_sgd(0.1)
    watcher = curvkit.watch(loss, optimizer=method, every=1, budget=None)
    _, rows = stepped(method, params, 1, watcher)
    # Of a diagonal quadratic the sharpest step is any of signs: the sum of all bends.
    at = 1 - 0.1
    gradient = at * float(jnp.sum(BENDS)) * 3
    assert_close(rows[0]["eigenvalues"], [float(jnp.sum(BENDS)) * 3 / gradient], rtol=1e-4)
    assert_close(rows[0]["alignment"], 1.0, rtol=1e-4)
    with pytest.raises(
        ValueError, match="k must be 1, but 2 was given; the sharpness of sign_desc"
    ):
        curvkit.watch(loss, optimizer=method, k=2).observe(params, method.init(params))


def test_compiling_for_another_batch_is_not_counted_as_reading():
    watcher = curvkit.watch(
        lambda w, x: jnp.mean(jnp.tanh(x @ w) ** 2), learning_rate=0.1, every=1, budget=None
    )
    compiled = []
    for n, dtype in (
        (8, np.float32),
        (8, np.float32),
        (5, np.float32),
        (8, np.int32),
        (5, np.float32),
    ):
        before = watcher.pace.compiling
        watcher.observe(jnp.ones(3), batch=np.ones((n, 3), dtype))
        compiled.append(watcher.pace.compiling > before)
    assert compiled == [True, False, True, True, False]


OUT_OF_RANGE = {
    "momentum": (1.5, np.float32(1.5), jnp.asarray(-0.1), np.nan, "0.9", True),
    "second_moment_decay": (2, -1, np.float64(1.0)),
    "epsilon": (-1, np.inf),
    "learning_rate": (0, np.float32(-0.1), np.nan, True, "0.1", [0.1]),
    "critical": (0, -2.0, np.nan),
    "budget": (0, "1", np.nan),
    "k": (0, True, 2.0, np.float32(2)),
    "every": (0, np.int64(0), None),
    "rule": ("adm", 3),
    "optimizer": (3, optax.sgd),
    "preconditioner": (3,),
}


@pytest.mark.parametrize("name", OUT_OF_RANGE)
def test_what_is_out_of_range_is_refused_in_a_sentence(name):
    for value in OUT_OF_RANGE[name]:
        with pytest.raises(ValueError, match=rf"^(There is no )?{name} "):
            curvkit.watch(loss, **{name: value})
    with pytest.raises(ValueError, match="rule must be left out beside optimizer="):
        curvkit.watch(loss, optimizer=optax.sgd(0.1), rule="gd")


def test_numbers_of_numpy_and_jax_are_numbers():
    watcher = curvkit.watch(
        loss, k=np.int64(2), every=np.arange(4)[3], num_hvps=np.uint8(9), momentum=np.float32(0.5),
        learning_rate=jnp.asarray(0.1), epsilon=0,
    )  # fmt: skip
    assert watcher.pace.every == 3 and watcher._options["k"] == 2
