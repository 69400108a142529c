"""The verification room's run: cells of states, bounded in float64, attacked and halved."""

from functools import lru_cache
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit import data
from curvkit.core import messages
from curvkit.verification import _alone as alone
from curvkit.verification import _cells as cells
from curvkit.verification import _digits as digits
from curvkit.verification import _one_box as one_box
from curvkit.verification import _pendulum as pendulum
from curvkit.verification._networks import side_by_side
from curvkit.verification._study import STUDIES, robustness
from curvkit.verification.settings import Settings
from curvkit.verification.trace import Ladder, Rollouts, Samples, Shares

__all__ = ["STUDIES", "follow", "ladder", "sample", "study"]

# Cells of a round; the first is a grid of 16 by 16. The most rounds fill `CAPACITY`.
CELLS, GRID = 256, 16
CAPACITY = CELLS + 100 * CELLS // 2
TRIES = 12


class State(NamedTuple):
    """All cells of now: corners (capacity, 4) as exact fractions, bounds, verdicts, axis to halve.

    The model's numbers are float32, as they were trained; a round promotes them.
    """

    corners: jax.Array
    bound: jax.Array
    verdict: jax.Array
    axis: jax.Array
    # Hides `tuple.count`, which nobody asks of it.
    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride]
    bounded: jax.Array
    attack: jax.Array
    model: Any
    shares: jax.Array
    parents: jax.Array
    used: jax.Array
    step: jax.Array
    ended: jax.Array


def begin(settings: Settings, key: jax.Array) -> State:
    """The state before the first round; the seed is folded into `key`."""
    line = np.linspace(-1, 1, GRID + 1)
    grid = [(a, b, c, d) for a, b in _pairs(line) for c, d in _pairs(line)]
    corners = np.zeros((CAPACITY, 4), np.float32)
    # The first round takes the cells of the grid as if a split had just made them.
    corners[:CELLS] = grid
    trained = pendulum.model(settings.model)
    model = jax.tree.map(lambda each: jnp.asarray(each, jnp.float32), trained)
    key = jax.random.fold_in(key, settings.seed)
    return State(
        corners=jnp.asarray(corners),
        bound=jnp.full(CAPACITY, jnp.inf, jnp.float32),
        verdict=jnp.full(CAPACITY, -1, jnp.int32),
        axis=jnp.zeros(CAPACITY, jnp.int32),
        count=jnp.zeros((), jnp.int32),
        bounded=jnp.zeros((), jnp.int32),
        attack=jnp.asarray(-jnp.inf, jnp.float32),
        model=model,
        shares=jax.random.uniform(key, (TRIES, 2), jnp.float32).at[0].set(0.5),
        parents=jnp.zeros(CELLS // 2, jnp.int32),
        used=jnp.ones(CELLS // 2, bool),
        step=jnp.zeros((), jnp.int32),
        ended=jnp.zeros((), bool),
    )


def _pairs(line):
    return zip(line[:-1], line[1:], strict=True)


def reading(settings: Settings, state: State) -> tuple[State, dict[str, jax.Array]]:
    """One round: the cells to be halved are chosen, halved, bounded and attacked."""
    before, parents, used, first = state, state.parents, state.used, state.step == 0
    low, high = cells.halves(state.corners[parents], state.axis[parents])
    now = jnp.where(first, state.corners[:CELLS], jnp.concatenate([low, high]))
    used = first | jnp.concatenate([used, used])
    bound, seen, axis, proved, broken = cells.judged(
        state.model, now, state.shares, settings.tolerance, settings.relaxation
    )
    # A half has no higher bound than its whole.
    inherited = jnp.where(first, jnp.inf, jnp.tile(state.bound[parents], 2))
    bound = jnp.minimum(bound, inherited)
    verdict = jnp.where(broken, cells.VIOLATED, jnp.where(proved, cells.PROVED, cells.OPEN))
    verdict = jnp.where(used, verdict, -1)

    # One half takes the place of its whole, the other the next that is free.
    at = jnp.concatenate([parents, state.count + jnp.arange(CELLS // 2)])
    at = jnp.where(first, jnp.arange(CELLS), at)
    at = jnp.where(used, at, CAPACITY)  # out of the array: left out
    put = lambda all, new: all.at[at].set(new, mode="drop")
    fresh = jnp.where(first, CELLS, jnp.sum(used) // 2)
    state = state._replace(
        corners=put(state.corners, now), bound=put(state.bound, bound),
        verdict=put(state.verdict, verdict), axis=put(state.axis, axis),
        count=state.count + fresh, bounded=state.bounded + jnp.sum(used), step=state.step + 1,
        attack=jnp.maximum(state.attack, jnp.max(jnp.where(used, seen, -jnp.inf))),
    )  # fmt: skip
    row = {
        "cells": jnp.where(used[:, None], now, 0.0),
        "cell_bound": jnp.where(used, bound, 0.0),
        "cell_attack": jnp.where(used, seen, 0.0),
        "verdict": verdict,
    }
    parents, used = _next(settings, state)
    ended = (state.step > settings.steps) | ~jnp.any(used)
    row |= _told(state)
    fresh = state._replace(parents=parents, used=used, ended=ended)
    # Sums and places are of another type where float64 is on around the program, see `core.x64`.
    return jax.tree.map(lambda new, old: new.astype(old.dtype), fresh, before), row


def _told(state):
    """What all cells of now say together."""
    size = cells.area(state.corners)
    return {
        "bounded": state.bounded,
        "upper_bound": jnp.max(jnp.where(state.verdict >= 0, state.bound, -jnp.inf)),
        "attack": state.attack,
        "proved": jnp.sum(size * (state.verdict == cells.PROVED)),
        "violated": jnp.sum(size * (state.verdict == cells.VIOLATED)),
    }


def _next(settings, state):
    now = state.corners, state.bound, state.verdict
    return cells.chosen(*now, settings.worst_first, CELLS // 2)


def finished(settings: Settings, state: State) -> jax.Array:
    """Whether no further reading is made."""
    return state.ended


def last(settings: Settings, state: State) -> dict[str, jax.Array]:
    """The fields of the trace that are no rows: a box by itself, and who is let go within."""
    place = settings.box_angle, settings.box_speed, settings.box_size
    how = state.shares, settings.tolerance, settings.relaxation
    fields = alone.fields(state.model, place, *how)
    return {"fastest": jnp.asarray(pendulum.FASTEST), **fields}


TRAINED_ON = 1297


def study(
    name: str,
    radii: tuple[float, ...] | None = None,
    *,
    points: int = 200,
    seed: int = 0,
    steps: int = 0,
    together: int = 2,
) -> Shares:
    """One of the paper's studies: points that keep a property, against an attack and by proof.

    Args:
        name: of `STUDIES`: `energy` of a pendulum's models A and B, `semantics` and `sums` of
            classifiers of scikit-learn's digits, trained in three ways.
        radii: of the boxes; pixels go from 0 to 1, states are as `pendulum.features` has them.
        points: how many test points, at most 500 for digits.
        seed: which models, and which points.
        steps: of Adam on each bound.
        together: how many digits are summed, 1 to 3.

    Raises:
        ValueError: with one sentence, for an unknown study or a number that is out of range.
    """
    if name not in STUDIES:
        raise ValueError(messages.unknown("study", name, STUDIES))
    most = 10**6 if name == "energy" else 500
    points, seed = messages.whole("points", points, most=most), messages.whole("seed", seed, 0)
    together = messages.whole("together", together, 1, "1, 2 or 3", 3)
    steps = messages.whole("steps", steps, 0)
    words, usual = STUDIES[name]
    radii = usual if radii is None else tuple(radii)
    names, nets, specs, places, ends = _asked(name, points, seed, together)
    outcomes = [[robustness(net, specs, places, radius, steps=steps, **ends) for radius in radii]
                for net in nets]  # fmt: skip
    share = lambda part: np.array([[np.mean(getattr(k, part)) for k in row] for row in outcomes])
    return Shares(
        header={"models": names, "kept": words, "study": name, "room": "verification"},
        radius=np.array(radii, float), nominal=share("nominal")[:, 0],
        adversarial=share("adversarial"), verified=share("verified"), points=np.array(points),
    )  # fmt: skip


def _asked(name, points, seed, together):
    """Names and networks, the specification of each point, the points, and where inputs end."""
    if name == "energy":
        places = pendulum.places(*pendulum.drawn((7, seed), points))
        names = [f"model {each}" for each in pendulum.MODELS]
        return names, pendulum.models(seed), pendulum.falling().fit(3, 3), places, {}
    pixels, labels, nets = classified(seed)
    places, labels = pixels[TRAINED_ON:], labels[TRAINED_ON:]
    names, ends = [f"{each} training" for each in digits.TRAININGS], {"low": 0.0, "high": 1.0}
    if name == "semantics":
        specs = [digits.near(label).fit(64, 10) for label in labels[:points]]
        return names, nets, specs, places[:points], ends
    chosen = np.random.default_rng(seed).integers(0, len(places), (points, together))
    shape = 64 * together, 10 * together
    specs = [digits.summed(labels[each]).fit(*shape) for each in chosen]
    nets = [side_by_side(each, together) for each in nets]
    return names, nets, specs, places[chosen].reshape(points, -1), ends


@lru_cache(maxsize=4)
def classified(seed: int = 0):
    """Pixels from 0 to 1, labels, and the three classifiers of the first `TRAINED_ON` of them."""
    table = data.digits(1797)
    pixels, labels = table.inputs.astype(float), table.targets.argmax(1)
    pixels = (pixels - pixels.min()) / (pixels.max() - pixels.min())
    nets = digits.classifiers(pixels[:TRAINED_ON], labels[:TRAINED_ON], seed)
    return pixels, labels, nets


def follow(
    seconds: float = 60.0, runs: int = 20, *, seed: int = 0, on_circle: bool = True
) -> Rollouts:
    """The true pendulum and models A and B from the same states: `Rollouts`.

    Args:
        seconds: how long, above zero and at most 600.
        runs: from so many states, below the height at which speeds leave the training range.
        seed: which models, and which states.
        on_circle: whether the models' angle is put back on the circle after each step.

    Raises:
        ValueError: with one sentence, if a number is out of range.
    """
    seconds = messages.real("seconds", seconds, "above 0 and at most 600", above=0, most=600)
    runs, seed = messages.whole("runs", runs), messages.whole("seed", seed, 0)
    on_circle = messages.switch("on_circle", on_circle)
    steps = int(seconds / pendulum.DT)
    states = pendulum.paths(seed, runs, steps, on_circle)
    names = ["true pendulum", *(f"model {each}" for each in pendulum.MODELS)]
    return Rollouts(
        header={"models": names, "room": "verification"},
        time=pendulum.DT * np.arange(steps + 1),
        energy=pendulum.energy(states) + pendulum.GRAVITY,
        angle=np.arctan2(states[..., 0], -states[..., 1]),
        speed=pendulum.FASTEST * states[..., 2],
    )  # fmt: skip


def ladder(
    theta: float = 2.0, omega: float = 1.0, radius: float = 0.05, *, model: str = "B",
    lifted: bool = False, seed: int = 0,
) -> Ladder:  # fmt: skip
    """Bounds on the growth of energy in a box around a state, as `one_box.rungs` has them.

    Args:
        theta: the angle of the state; `omega` is its speed.
        radius: of the box, of (w, h, ω/5).
        model: of `pendulum.MODELS`.
        lifted: whether the semidefinite program is solved too, which needs the extra `verify`.
        seed: which models.
    """
    lifted, seed = messages.switch("lifted", lifted), messages.whole("seed", seed, 0)
    ends = one_box.around(theta, omega, radius)
    rungs = one_box.rungs(pendulum.model(model, seed), *ends, lifted=lifted)
    names, values, seconds = zip(*rungs, strict=True)
    header = {"rungs": names, "box": f"θ = {theta:g}, ω = {omega:g}, δ = {radius:g}"}
    return Ladder(header=header, value=np.array(values), seconds=np.array(seconds))


def sample(
    theta: float = 2.0, omega: float = 1.0, radius: float = 0.05, *, model: str = "B",
    single: bool = False, count: int = 2000, seed: int = 0,
) -> Samples:  # fmt: skip
    """Growth of energy at random points of a box as in `ladder`, beside attack and bound.

    Args:
        single: whether the margins are those of bounds in single precision.
        count: of samples, and of boxes of no width.
        seed: which points.
    """
    single, count = messages.switch("single", single), messages.whole("count", count)
    seed = messages.whole("seed", seed, 0)
    chosen, ends = pendulum.model(model), one_box.around(theta, omega, radius)
    bounds = {each.name: each.value for each in one_box.rungs(chosen, *ends, gap=1e-2)}
    return Samples(
        header={"single": single}, growth=one_box.sampled(chosen, *ends, count, seed),
        attack=np.array(bounds["attack"]), bound=np.array(bounds["CROWN, products"]),
        margin=one_box.margins(chosen, count, single, seed),
    )  # fmt: skip
