"""The minima room's runs: batch after batch of small networks, each looked at twice."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit import data as sets
from curvkit.core import messages
from curvkit.core.statistics import wilson
from curvkit.minima import _dead_units as blind
from curvkit.minima import _problems as problems
from curvkit.minima import _reproduction as table
from curvkit.minima import _training as training
from curvkit.minima._search import Finding, search
from curvkit.minima.settings import Settings

__all__ = ["SeedComparison", "Finding", "compare", "search"]

# So many runs make the best use of a core, and a batch of them ends in a fraction of a second.
BATCH, DIGITS_BATCH = 40, 20
GRID = 33
DIGITS = 100


class State(NamedTuple):
    """What the next batch needs: the key, and how many runs have ended."""

    key: jax.Array
    ended: jax.Array


def batch(settings: Settings) -> int:
    """How many runs a reading is of."""
    return DIGITS_BATCH if settings.data == "digits" else BATCH


def problem(settings: Settings) -> problems.Problem:
    """The data set, before it is shifted."""
    digits = sets.digits(DIGITS) if settings.data == "digits" else None
    return problems.problem(settings.data, digits and (digits.inputs, digits.targets))


class Frame(NamedTuple):
    """A plane through the points: coordinates (points, 2), two axes (grid,), and a way back."""

    points: np.ndarray
    axes: tuple[np.ndarray, np.ndarray]
    centre: np.ndarray
    basis: np.ndarray


def frame(inputs: np.ndarray) -> Frame:
    """The plane itself, a line as its first axis, or the two main directions of many features."""
    features = inputs.shape[1]
    centre, basis = np.zeros(features, np.float32), np.eye(2, features, dtype=np.float32)
    if features > 2:
        centre = inputs.mean(0)
        basis = np.linalg.svd(inputs - centre, full_matrices=False)[2][:2]
    points = (inputs - centre) @ basis.T
    spread = np.maximum(np.abs(points).max(0), 1.0) * 1.25
    axis_1, axis_2 = (np.linspace(-each, each, GRID, dtype=np.float32) for each in spread)
    return Frame(points, (axis_1, axis_2), centre, basis)


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first batch; the seed is folded into `key`."""
    return State(jax.random.fold_in(key, settings.seed), jnp.zeros((), int))


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One batch of runs from their start to the second look: a row of the trace."""
    dataset, count = problem(settings), batch(settings)
    data = training.LabelledPoints(
        dataset.inputs + settings.input_shift, dataset.targets, dataset.loss
    )
    number = state.ended + jnp.arange(count)
    turns = number % settings.width + 1
    widths = jnp.where(settings.all_widths, turns, settings.width)
    key = jax.random.fold_in(state.key, state.ended)
    features = dataset.inputs.shape[1]
    drawn = training.draw(key, settings.initialization, features, widths, settings.width)
    how = (data, settings.activation, settings.optimizer, settings.learning_rate, widths)

    def look(at, steps):
        at = training.descend(at, steps, *how)
        return at, at.runs

    # One loop for both looks: it is compiled only once.
    further = jnp.stack([jnp.asarray(settings.steps), (settings.steps + 1) // 2])
    looks = jax.lax.scan(look, training.start(drawn), further)[1]
    first, second = (jax.tree.map(lambda each: each[at], looks) for at in (0, 1))  # noqa: B023

    loss = training.losses(first, data, settings.activation)
    wrong = training.wrong(first, data, settings.activation)
    slope = training.gradient_norms(second, data, settings.activation, widths)
    row = {
        "width": widths,
        "loss": loss,
        "later_loss": training.losses(second, data, settings.activation),
        "gradient_norm": slope,
        "small": (slope < settings.gradient_tolerance).astype(int),
        "wrong": wrong,
        "dead_at_start": training.dead_units(drawn, data, widths),
        "dead": training.dead_units(first, data, widths),
        "counts": (number < settings.runs).astype(int),
    }
    row |= surfaces(settings, first, loss, wrong, frame(dataset.inputs))
    return State(state.key, state.ended + count), row


def surfaces(settings, runs, loss, wrong, plane):
    """The outputs over the plane of the best run, and of the failure nearest to their mean loss."""
    best = jnp.argmin(jnp.where(jnp.isfinite(loss), loss, jnp.inf))
    failed = (wrong > 0) & jnp.isfinite(loss)
    mean = jnp.sum(jnp.where(failed, loss, 0)) / jnp.maximum(jnp.sum(failed), 1)
    nearest = jnp.argmin(jnp.where(failed, jnp.abs(loss - mean), jnp.inf))
    typical = jnp.where(jnp.any(failed), nearest, best)
    x1, x2 = jnp.meshgrid(*map(jnp.asarray, plane.axes))
    places = jnp.stack([x1.ravel(), x2.ravel()], 1) @ plane.basis + plane.centre
    row = {}
    for name, which in (("best", best), ("typical", typical)):
        chosen = jax.tree.map(lambda each: each[..., which, None], runs)  # noqa: B023
        shifted = places + settings.input_shift
        z = training.outputs(chosen, shifted, settings.activation)
        row[f"{name}_surface"] = z.reshape(x1.shape)
        row[f"{name}_loss"] = loss[which]
    return row


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """What is no row: the points, the proved levels, the prediction of dead units."""
    dataset = problem(settings)
    plane = frame(dataset.inputs)
    levels = problems.proved_levels(settings.data, settings.activation, settings.width)
    predicted = blind.sampled_dead_chance(
        jax.random.key(0), dataset.inputs + settings.input_shift, settings.initialization,
        settings.width,
    )  # fmt: skip
    return {
        "axis_1": jnp.asarray(plane.axes[0]),
        "axis_2": jnp.asarray(plane.axes[1]),
        "points": jnp.asarray(plane.points),
        "targets": jnp.asarray(dataset.targets),
        "levels": jnp.array([each.loss for each in levels], float),
        "level_widths": jnp.array([each.width for each in levels], int),
        "predicted_dead": predicted,
    }


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended >= settings.runs


def length(settings: Settings) -> int:
    """The most readings of a run."""
    return -(-settings.runs // batch(settings))


class ComparisonCell(NamedTuple):
    """One cell of a comparison: what was run, how many were solved, what other seeds gave."""

    row: table.ConfigurationShares
    activation: str
    data: str
    width: int
    solved: int
    total: int
    expected: float


class SeedComparison(NamedTuple):
    """Shares of runs that learn four points, beside those of other seeds."""

    cells: tuple[ComparisonCell, ...]

    def words(self) -> str:
        """How well they agree, in a sentence."""
        off = [abs(table.deviation(c.solved, c.total, c.expected)) for c in self.cells]
        within = sum(each < 2 for each in off)
        total = messages.counted(len(off), "cell")
        return f"Of {total} **{within}** are within two binomial errors; the largest " + (
            f"difference is {max(off):.1f} of them."
        )

    def _repr_markdown_(self) -> str:
        names = [f"{activation}, {data}" for activation, data in table.COLUMNS]
        lines = [f"| start, rule | h | {' | '.join(names)} |", "| --- | --- |" + " --- |" * 4]
        for at in range(0, len(self.cells), len(names)):
            cells = self.cells[at : at + len(names)]
            row = cells[0].row
            head = ""
            if cells[0].width == table.WIDTHS[0]:
                head = f"{row.initialization.replace('_', ' ')}, {row.optimizer} "
                head += f"{row.learning_rate:g}"
            lines.append(f"| {head} | {cells[0].width} | {' | '.join(map(_shown, cells))} |")
        legend = f"Per cent of {messages.counted(self.cells[0].total, 'run')}, [Wilson's 95 % "
        legend += f"interval], and in italics what {table.SEEDS} other seeds gave. "
        return "\n".join([legend + self.words(), "", *lines])


def _shown(cell):
    low, high = (100 * float(each) for each in wilson(cell.solved, cell.total))
    share = f"{100 * cell.solved / cell.total:.0f} [{low:.0f}, {high:.0f}]"
    return f"{share} · *{cell.expected:.0f}*"


def compare(
    rows: tuple[table.ConfigurationShares, ...] = table.ROWS,
    *,
    runs: int = 1000,
    steps: int = 2500,
    seed: int = 0,
) -> SeedComparison:
    """Shares of runs with four points right, by width, against those of 1000 other seeds.

    Args:
        rows: of `table.ROWS`.
        runs: of each cell.
        steps: of training; the others were read after 2500.
        seed: which random weights.

    Raises:
        ValueError: if a number is out of range.
    """
    runs, steps = messages.whole("runs", runs), messages.whole("steps", steps)
    seed = messages.whole("seed", seed, 0)
    solved = table.learnt(rows, runs=runs, steps=steps, seed=seed)
    cells = [
        ComparisonCell(
            row, *table.COLUMNS[j], width, int(solved[i, at, j]), runs, row.shares[at][j]
        )
        for i, row in enumerate(rows)
        for at, width in enumerate(table.WIDTHS)
        for j in range(len(table.COLUMNS))
    ]
    return SeedComparison(tuple(cells))
