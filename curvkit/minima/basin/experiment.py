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
    """What the next step needs: the networks, the plane's axes, how many steps were taken."""

    runs: training.Runs
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
    return State(runs, two, jnp.zeros((), int), jnp.zeros((), bool))


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then `settings.every` steps of descent, or what is left of them."""
    chart = plane.chart(settings.example)
    flat = plane.as_flat(state.runs)
    along, across, off = plane.project(flat, jnp.asarray(chart.minimum), state.two)
    loss = training.losses(state.runs, chart.data, chart.activation)
    row = {"step": state.step, "along": along, "across": across, "off_plane": off, "loss": loss}
    further = jnp.minimum(settings.every, settings.steps - state.step)
    widths = jnp.full((len(flat),), chart.units)
    how = (chart.data, chart.activation, "gd", settings.learning_rate, widths)
    runs = training.descend(training.start(state.runs), further, *how).runs
    step = state.step + jnp.maximum(further, 0)
    return State(runs, state.two, step, further <= 0), row


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
