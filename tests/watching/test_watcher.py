"""A loop stays one's own: what is recorded of it, in a scan as in Python, what is refused."""

import warnings

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close, compilations
from hypothesis import given
from hypothesis import strategies as st

import curvkit
from curvkit.curvature._thresholds import critical
from curvkit.watching import Trace, figures
from curvkit.watching._pace import Pace

SCALES = jnp.array([1.0, 3.0, 0.5])


def loss(params, batch):
    """A quadratic whose sharpness is 3 times the batch's mean."""
    return 0.5 * jnp.mean(batch) * jnp.sum(SCALES * params["w"] ** 2)


BATCH = jnp.array([0.5, 1.5])
PARAMS = {"w": jnp.ones(3)}


def train(method, steps, watcher, batch=BATCH, params=PARAMS):
    """A plain loop, watched."""
    state = method.init(params)
    for step in range(steps):
        updates, state = method.update(jax.grad(loss)(params, batch), state, params)
        params = optax.apply_updates(params, updates)
        watcher.observe(params, state, step, batch)
    return watcher.trace


def test_it_reads_what_is_known_and_compiles_once():
    logged = []
    watcher = curvkit.watch(
        loss, rule="heavy_ball", learning_rate=0.1, every=3, k=2, budget=None,
        log=lambda step, row: logged.append((step, row)),
    )  # fmt: skip
    train(optax.sgd(0.1, momentum=0.9), 1, watcher)
    with compilations() as count:
        trace = train(optax.sgd(0.1, momentum=0.9), 8, watcher)
    assert count() == 0
    trace = trace.head(4)
    assert trace.step.tolist() == [0, 0, 3, 6]
    assert_close(trace.eigenvalues, [[3.0, 1.0]] * 4, rtol=1e-4)
    assert_close(trace.critical, [3.8] * 4, rtol=1e-6)
    assert_close(trace.threshold, [38.0] * 4, rtol=1e-5)
    step, row = logged[2]
    assert step == 3 and all(isinstance(value, float) for value in row.values())
    assert_close([row["sharpness"], row["eigenvalue_2"]], [3.0, 1.0], rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("most, products", [(12, 3), (2, 2)])
def test_losses_products_and_seconds_are_those_of_each_reading(most, products):
    times = []

    def clock():
        times.append(len(times) ** 2)
        return times[-1]

    watcher = curvkit.watch(
        loss, rule="heavy_ball", learning_rate=0.1, every=1, budget=None, num_hvps=most
    )
    watcher.pace = Pace(1, None, clock)
    method, params, took, losses, norms = optax.sgd(0.1, momentum=0.9), PARAMS, [], [], []
    state, w, along = method.init(params), np.ones(3), np.zeros(3)
    for step in range(4):
        watcher.observe(params, state, step, BATCH)
        took.append(times[-1] - times[-2])
        slope = np.asarray(SCALES) * w
        losses.append(0.5 * slope @ w)
        norms.append(np.linalg.norm(slope))
        updates, state = method.update(jax.grad(loss)(params, BATCH), state, params)
        params = optax.apply_updates(params, updates)
        along = 0.9 * along + slope
        w = w - 0.1 * along
    trace = watcher.trace
    assert_close(trace.loss, losses, rtol=1e-5)
    assert_close(trace.gradient_norm, norms, rtol=1e-5)
    assert trace.seconds.tolist() == took and len({*took}) == 4
    # As many as there are directions, or as are allowed; with the vectors at hand two are enough.
    assert trace.products.tolist() == [products, 2, 2, 2]


@pytest.mark.slow
def test_the_learning_rate_is_read_from_the_state_or_from_the_schedule():
    method = optax.inject_hyperparams(optax.sgd)(
        learning_rate=optax.linear_schedule(0.2, 0.1, 10), momentum=0.5
    )
    trace = train(method, 5, curvkit.watch(loss, rule="heavy_ball", every=1, budget=None))
    assert_close(trace.learning_rate, 0.2 - 0.01 * np.arange(5), rtol=1e-5)
    assert_close(trace.critical, [critical("heavy_ball", momentum=0.5)] * 5, rtol=1e-6)
    schedule = optax.linear_schedule(0.2, 0.1, 10)
    watcher = curvkit.watch(loss, rule="gd", learning_rate=schedule, every=1, budget=None)
    assert_close(train(optax.sgd(schedule), 3, watcher).learning_rate, [0.2, 0.19, 0.18], rtol=1e-5)


@pytest.mark.slow
def test_within_a_scan_it_reads_the_same():
    method = optax.inject_hyperparams(optax.sgd)(learning_rate=0.1)
    outside = train(method, 9, curvkit.watch(loss, rule="gd", every=4, k=2, budget=None))
    watcher = curvkit.watch(loss, rule="gd", every=4, k=2, budget=None)

    def one(carry, step):
        params, state, seen = carry
        updates, state = method.update(jax.grad(loss)(params, BATCH), state, params)
        params = optax.apply_updates(params, updates)
        seen, row = watcher.pure_observe(seen, params, state, step, BATCH)
        return (params, state, seen), row

    start = (PARAMS, method.init(PARAMS), watcher.begin(PARAMS))
    watcher.collect(jax.lax.scan(one, start, jnp.arange(9))[1])
    for name in ("step", "loss", "gradient_norm", "learning_rate", "critical", "eigenvalues"):
        assert_close(getattr(watcher.trace, name), getattr(outside, name), rtol=1e-4, what=name)


@pytest.mark.slow
def test_a_trace_is_saved_drawn_and_told(tmp_path):
    method = optax.sgd(0.1)
    watcher = curvkit.watch(loss, optimizer=method, every=2, per_layer=True, budget=None)
    assert watcher.words() == "Nothing was read yet."
    train(method, 7, watcher)
    trace = Trace.load(watcher.save(tmp_path / "run.npz"))
    assert trace.settings["rule"] == "gd" and trace.layer_names == ["w"]
    assert "went from 3.00 to **3.00**" in figures.words(trace)
    for name in figures.FIGURES:
        for readings in (0, 1, 4):
            made = figures.FIGURES[name](trace.head(readings))
            assert all(axis.title.text for axis in made.select_yaxes())
    assert trace.merits()["last_sharpness"] == pytest.approx(3.0, rel=1e-4)


def test_a_loss_that_is_not_finite_is_recorded_and_said_once():
    watcher = curvkit.watch(loss, learning_rate=0.1, every=1, budget=None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        watcher.observe(PARAMS, step=0, batch=BATCH)
        for step in (1, 2):
            watcher.observe({"w": jnp.full(3, jnp.nan)}, step=step, batch=BATCH)
    assert [str(each.message).startswith("The loss at step 1 is nan") for each in caught] == [True]
    assert watcher.trace.finite == 1 and "From step 1 on" in watcher.words()
    watcher.observe(PARAMS, step=3, batch=BATCH)
    assert_close(watcher.trace.sharpness[-1], 3.0, rtol=1e-4)


REFUSED = {
    "a rule that there is not": (dict(rule="adm"), "There is no rule 'adm'; did you mean 'adam'"),
    "an every of zero": (dict(every=0), "every must be a whole number of at least 1, but 0"),
    "no eigenvalue": (dict(k=0), "k must be a whole number of at least 1"),
    "a negative rate": (dict(learning_rate=-0.1), "learning_rate must be above 0, but -0.1"),
    "no budget": (dict(budget=0.0), "budget must be a share above 0"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_watched_is_refused_at_once(case):
    options, sentence = REFUSED[case]
    with pytest.raises(ValueError, match=sentence):
        curvkit.watch(loss, **options)
    with pytest.raises(ValueError, match="loss_fn must be a function"):
        curvkit.watch(3.0)


@pytest.mark.parametrize(
    "function, params, batch, sentence",
    [
        (loss, {"v": jnp.ones(3)}, BATCH, r"loss_fn\(params, batch\) does not take what observe"),
        (loss, PARAMS, (), r"loss_fn\(params\) does not take what observe"),
        (lambda p, b: p["w"], PARAMS, BATCH, "the value of loss_fn must be one real number"),
        (lambda p, b: (loss(p, b), 1), PARAMS, BATCH, "but 'tuple' was given; return the loss"),
        (loss, {"n": jnp.array(1)}, BATCH, "at least one floating-point array that is trained"),
    ],
    ids=["params do not fit", "no batch", "a vector", "auxiliary values", "no float leaves"],
)  # fmt: skip
def test_what_does_not_fit_together_is_refused_in_a_sentence(function, params, batch, sentence):
    watcher = curvkit.watch(function, learning_rate=0.1)
    with pytest.raises(ValueError, match=sentence):
        watcher.observe(params, None, 0, batch)


def test_a_stale_learning_rate_and_absent_moments_are_refused():
    state = optax.inject_hyperparams(optax.sgd)(learning_rate=0.2).init(PARAMS)
    with pytest.raises(ValueError, match="must be that of opt_state, 0.2, but 0.1 was given"):
        curvkit.watch(loss, rule="gd", learning_rate=0.1).observe(PARAMS, state, 0, BATCH)
    with pytest.raises(ValueError, match="opt_state has no learning rate in it"):
        curvkit.watch(loss, rule="gd").observe(PARAMS, optax.sgd(0.1).init(PARAMS), 0, BATCH)
    scheduled = optax.sgd(optax.linear_schedule(0.2, 0.1, 9)).init(PARAMS)
    with pytest.raises(ValueError, match="give learning_rate= the schedule itself"):
        curvkit.watch(loss, rule="gd", learning_rate=0.2).observe(PARAMS, scheduled, 0, BATCH)
    adam = curvkit.watch(loss, rule="adam", learning_rate=0.1)
    with pytest.raises(ValueError, match="opt_state has no second moments"):
        adam.observe(PARAMS, optax.sgd(0.1).init(PARAMS), 0, BATCH)
    other = optax.adam(0.1).init({"w": jnp.ones(2)})
    with pytest.raises(ValueError, match="second moments of 1 arrays"):
        adam.observe(PARAMS, other, 0, BATCH)


@given(st.integers(1, 40), st.integers(1, 60))
def test_a_reading_is_due_at_each_so_many_steps(every, steps):
    watcher = curvkit.watch(loss, learning_rate=0.1, every=every, budget=None)
    due = []
    for step in range(steps):
        if watcher.pace.due(step):
            watcher.pace.end(watcher.pace.begin(step), compiled=False)
            due.append(step)
    assert due == list(range(0, steps, every))
