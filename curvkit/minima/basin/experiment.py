"""The basin room's run: gradient descent from a grid of starts in the plane, all at once."""

from collections.abc import Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.core.batch import UNOPTIMISED
from curvkit.minima import _training as training
from curvkit.minima.basin import _moved as moved
from curvkit.minima.basin import _plane as plane
from curvkit.minima.basin._moved import ChartData
from curvkit.minima.basin.settings import Settings
from curvkit.minima.basin.trace import Trace

STARTS, GRID = 13, 49
# How far a point of the data may be put, in any coordinate.
FARTHEST = 20


class State(NamedTuple):
    """What the next step needs: the networks, one more, the plane's axes, the steps taken, and the
    data with what is known of the minimum on them.
    """

    known: ChartData
    runs: training.Runs
    dropped: training.Runs
    two: jax.Array
    step: jax.Array
    ended: jax.Array


def window(reach: jax.Array, number: int) -> tuple[jax.Array, jax.Array]:
    """The plane's coordinates along both axes; the minimum is in the middle."""
    line = jnp.linspace(-1, 1, number) * reach
    return line, line


def apart(known: ChartData, chart: plane.Chart) -> jax.Array:
    """From the minimum to the better point."""
    return jnp.linalg.norm(jnp.asarray(chart.better) - known.minimum)


def spread(reach: jax.Array, known: ChartData, two: jax.Array, number: int) -> jax.Array:
    """Flat weights of all places of a grid in the plane, (number², P)."""
    along, across = jnp.meshgrid(*window(reach, number))
    return plane.place(along.ravel(), across.ravel(), known.minimum, two)


def networks(chart: plane.Chart, flat: jax.Array) -> training.Runs:
    """The networks of flat weights (runs, P)."""
    return plane.as_runs(flat, chart.units, chart.data.inputs.shape[1])


def learnt(chart: plane.Chart, known: ChartData) -> training.LabelledPoints:
    """The data that the runs descend on."""
    return chart.data._replace(inputs=known.inputs, targets=known.targets)


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first reading; the seed is folded into `key`."""
    chart = plane.chart(settings.example)
    known = moved.known(chart, len(chart.certificate.eigenvalues))
    key = jax.random.fold_in(key, settings.seed)
    return begun(settings, known, jax.random.normal(key, chart.minimum.shape))


def begun(settings: Settings, known: ChartData, third: jax.Array) -> State:
    """The same, on data that are known, in the plane of a third direction (P,)."""
    chart = plane.chart(settings.example)
    two = plane.axes(third, known.minimum, jnp.asarray(chart.better))
    reach = settings.span * apart(known, chart)
    runs = networks(chart, spread(reach, known, two, STARTS))
    one = jnp.stack([jnp.asarray(each) for each in (settings.drop_along, settings.drop_across)])
    at = (one * reach).astype(float)[:, None]
    dropped = networks(chart, plane.place(at[0], at[1], known.minimum, two))
    return State(known, runs, dropped, two, jnp.zeros((), int), jnp.zeros((), bool))


def edit(
    settings: Settings, state: State, field: str, item: int, values: Mapping[str, float]
) -> State:
    """The state with a point of the data moved by hand, before anything descends.

    The minimum is followed to the new data, and its certificate renewed: the statement is proved
    of these data, or `failed` says which step of the proof could not be shown.

    Args:
        field: "points".
        item: number of the point.
        values: the new `x` or `y` or both: of ten points the two inputs, on a line the input and
            its target.

    Raises:
        ValueError: with one sentence, if there is no such field or point, or it is too far away.
    """
    if field not in Trace.EDITED:
        raise ValueError(messages.unknown("field to edit", field, Trace.EDITED))
    chart, known = plane.chart(settings.example), state.known
    inputs, targets = np.array(known.inputs), np.array(known.targets)
    item = messages.whole("the point", item, 0, most=len(targets) - 1)
    for axis, value in values.items():
        new = messages.real(f"a point's {axis}", value, least=-FARTHEST, most=FARTHEST)
        if axis == "x":
            inputs[item, 0] = new
        elif inputs.shape[1] > 1:
            inputs[item, 1] = new
        else:
            targets[item] = new
    after = moved.recharted(chart, known, inputs, targets)
    # The third direction stays, as far as it is across the first.
    return _begun(settings, moved.known(after, len(known.eigenvalues)), state.two[1])


_begun = jax.jit(begun, compiler_options=UNOPTIMISED)


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One row of the trace, then `settings.every` steps of descent, or what is left of them."""
    further = jnp.minimum(settings.every, settings.steps - state.step)
    names = ("along", "across", "off_plane", "loss")
    row, runs = _descended(settings, state, state.runs, further)
    # By itself, so that the others are the same numbers wherever it starts.
    one, dropped = _descended(settings, state, state.dropped, further)
    row = {"step": state.step, **dict(zip(names, row, strict=True))}
    row |= {f"dropped_{name}": one[names.index(name)][0] for name in ("along", "across", "loss")}
    step = state.step + jnp.maximum(further, 0)
    return state._replace(runs=runs, dropped=dropped, step=step, ended=further <= 0), row


def _descended(settings, state, runs, further):
    """Coordinates, distance off the plane and loss of all runs, and the runs some steps later."""
    chart = plane.chart(settings.example)
    flat, data = plane.as_flat(runs), learnt(chart, state.known)
    where = plane.project(flat, state.known.minimum, state.two)
    loss = training.losses(runs, data, chart.activation)
    widths = jnp.full((len(flat),), chart.units)
    how = (data, chart.activation, "gd", settings.learning_rate, widths)
    return (*where, loss), training.descend(training.start(runs), further, *how).runs


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """What is no row: the surface, the data, and the numbers of the certificate."""
    chart, known = plane.chart(settings.example), state.known
    reach, data = settings.span * apart(known, chart), learnt(chart, known)
    surface = training.losses(
        networks(chart, spread(reach, known, state.two, GRID)), data, chart.activation
    )
    along, across = window(reach, GRID)
    flat = known.inputs.shape[1] == 1
    return {
        "axis_along": along,
        "axis_across": across,
        "surface": surface.reshape(GRID, GRID),
        "level": known.level,
        "better_loss": known.better_loss,
        "better_along": apart(known, chart),
        "eigenvalues": known.eigenvalues,
        "eigenvalue_radii": known.radii,
        "box_radius": known.box_radius,
        "proved": (known.failed == 0).astype(int),
        "points": jnp.stack([known.inputs[:, 0], known.targets if flat else known.inputs[:, 1]], 1),
        "labels": jnp.zeros_like(known.targets, int) if flat else known.targets.astype(int),
        "failed": known.failed,
    }


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended
