"""The basin room's run: gradient descent from a grid of starts in the plane, all at once."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.minima import _training as training
from curvkit.minima.basin import _plane as plane
from curvkit.minima.basin.settings import Settings

STARTS, GRID = 13, 49


class State(NamedTuple):
    """What the next step needs: the networks, one more, the plane's axes, the steps taken."""

    runs: training.Runs
    dropped: training.Runs
    two: jax.Array
    step: jax.Array
    ended: jax.Array


def window(settings: Settings, chart: plane.Chart, number: int):
    """The plane's coordinates along both axes; the minimum is in the middle."""
    line = jnp.linspace(-1, 1, number) * settings.span * chart.distance
    return line, line


def spread(settings: Settings, chart: plane.Chart, two: jax.Array, number: int) -> jax.Array:
    """Flat weights of all places of a grid in the plane, (number², P)."""
    along, across = jnp.meshgrid(*window(settings, chart, number))
    return plane.place(along.ravel(), across.ravel(), jnp.asarray(chart.minimum), two)


def networks(chart: plane.Chart, flat: jax.Array) -> training.Runs:
    """The networks of flat weights (runs, P)."""
    return plane.as_runs(flat, chart.units, chart.data.inputs.shape[1])


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first reading; the seed is folded into `key`."""
    chart = plane.chart(settings.example)
    key = jax.random.fold_in(key, settings.seed)
    two = plane.axes(key, jnp.asarray(chart.minimum), jnp.asarray(chart.better))
    runs = networks(chart, spread(settings, chart, two, STARTS))
    one = jnp.stack([jnp.asarray(each) for each in (settings.drop_along, settings.drop_across)])
    at = (one * settings.span * chart.distance).astype(float)[:, None]
    dropped = networks(chart, plane.place(at[0], at[1], jnp.asarray(chart.minimum), two))
    return State(runs, dropped, two, jnp.zeros((), int), jnp.zeros((), bool))


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then `settings.every` steps of descent, or what is left of them."""
    further = jnp.minimum(settings.every, settings.steps - state.step)
    names = ("along", "across", "off_plane", "loss")
    row, runs = _descended(settings, state.runs, state.two, further)
    # By itself, so that the others are the same numbers wherever it starts.
    one, dropped = _descended(settings, state.dropped, state.two, further)
    row = {"step": state.step, **dict(zip(names, row, strict=True))}
    row |= {f"dropped_{name}": one[names.index(name)][0] for name in ("along", "across", "loss")}
    step = state.step + jnp.maximum(further, 0)
    return State(runs, dropped, state.two, step, further <= 0), row


def _descended(settings, runs, two, further):
    """Coordinates, distance off the plane and loss of all runs, and the runs some steps later."""
    chart = plane.chart(settings.example)
    flat = plane.as_flat(runs)
    where = plane.project(flat, jnp.asarray(chart.minimum), two)
    loss = training.losses(runs, chart.data, chart.activation)
    widths = jnp.full((len(flat),), chart.units)
    how = (chart.data, chart.activation, "gd", settings.learning_rate, widths)
    return (*where, loss), training.descend(training.start(runs), further, *how).runs


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """What is no row: the surface, and the numbers of the certificate."""
    chart = plane.chart(settings.example)
    surface = training.losses(
        networks(chart, spread(settings, chart, state.two, GRID)), chart.data, chart.activation
    )
    along, across = window(settings, chart, GRID)
    proof = chart.certificate
    balls = np.array([(each.low, each.high) for each in proof.eigenvalues]).reshape(-1, 2)
    return {
        "axis_along": along,
        "axis_across": across,
        "surface": surface.reshape(GRID, GRID),
        "level": jnp.asarray(messages.known("the loss", proof.loss).low, float),
        "better_loss": jnp.asarray(messages.known("the better loss", proof.better_loss).low, float),
        "better_along": jnp.asarray(chart.distance, float),
        "eigenvalues": jnp.asarray(balls.mean(1), float),
        "eigenvalue_radii": jnp.asarray((balls[:, 1] - balls[:, 0]) / 2, float),
        "box_radius": jnp.asarray(proof.radius or 0.0, float),
        "proved": jnp.asarray(proof.proved, int),
    }


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended
