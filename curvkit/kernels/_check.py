"""A model held against its plan: measured lengths and cosines beside those that the maps foretell.

| symbol | name | shape |
| --- | --- | --- |
| K_ij = ⟨x_i, x_j⟩ / N | in `_compared`, over all locations of all inputs | (items, items) |

A network of finite width is off by chance. How far is read off networks sampled by the same plan at
the model's own width, which fresh weights make as cheap as their inputs are few (`_finite`).
"""

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages
from curvkit.kernels import _parts as parts
from curvkit.kernels._build import Built, build
from curvkit.kernels._gram import Finite, Gram, Matrix
from curvkit.kernels._kernel import jet_of, walk

# So many networks are sampled; beyond so many of their spreads chance is no explanation.
DRAWS, SPREADS = 24, 4.0
CHANCE = f"up to {SPREADS:g} times as much is chance"
# More pairs of inputs than this are not looked at.
MOST = 256


class Compared(NamedTuple):
    """One place of the network: what is planned, measured, and how far it may be off by chance.

    Attributes:
        place: 0 for what the first part gives, and so on; a repeated part counts each time.
        part: what stands there.
        q, c: root mean square differences of lengths and cosines from the plan.
        q_spread, c_spread: the same of networks sampled by the plan.
    """

    place: int
    part: str
    q: float
    c: float
    q_spread: float
    c_spread: float

    @property
    def off(self) -> bool:
        """Whether the model is further from the plan than chance explains."""
        return not (
            self.q <= SPREADS * self.q_spread + 1e-3 and self.c <= SPREADS * self.c_spread + 1e-3
        )


class Checked(NamedTuple):
    """Where a model keeps to its plan, place by place; `description` says it in a sentence."""

    places: tuple[Compared, ...]

    @property
    def agrees(self) -> bool:
        """Whether all places do."""
        return not any(each.off for each in self.places)

    @property
    def description(self) -> str:
        """The first place where they differ, in a sentence."""
        for each in self.places:
            if each.off:
                return (
                    f"Model and plan differ from place {each.place} on ({each.part}): mean squares "
                    f"by {each.q:.3g} and cosines by {each.c:.3g}, where networks sampled by the "
                    f"plan are off by {each.q_spread:.3g} and {each.c_spread:.3g}; {CHANCE}."
                )
        last, count = self.places[-1], len(self.places)
        return (
            f"Model and plan agree at {count} place{'s' * (count > 1)}: at the end cosines are off "
            f"by {last.c:.3g}, where networks sampled by the plan are off by {last.c_spread:.3g}; "
            f"{CHANCE}."
        )

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any:
            # The old name of `description`, for this version.
            if name != "told":
                raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
            message = (
                "Checked.told is called description now; the old name goes in the next version."
            )
            warnings.warn(message, DeprecationWarning, stacklevel=2)
            return self.description


def check(model: Any, network: Any, inputs: Any, given: Any = None, *, seed: int = 0) -> Checked:
    """Measures the mean squares and cosines of a model, and compares them with its plan's maps.

    Args:
        model: a function of `inputs`, at its initial parameters. It returns its outputs, or a list
            of what comes out of each part, as `Built.stages` does; then the place is told.
        network: the plan: a `Built`, a `Shaped`, or an architecture with its activation `given`.
        inputs: shape (examples, …, features), a few examples.
        given: the activation, where `network` does not have it.
        seed: of the networks that are sampled to see what chance explains.

    Raises:
        ValueError: if the model's outputs do not fit the plan or are too few features, or there are
            too many inputs and locations.

    >>> plan = build(parts.Chain((parts.Nonlinear(),), 3), "tanh", width=64)
    >>> x = jax.random.normal(jax.random.key(0), (4, 64))
    >>> params = plan.init(jax.random.key(1), x)
    >>> check(lambda x: plan.stages(params, x), plan, x).agrees
    True
    """
    seed = messages.whole("seed", seed, 0)
    inputs = jnp.asarray(inputs, jnp.float32)
    returned = model(inputs)
    listed = isinstance(returned, list | tuple)
    outputs = [jnp.asarray(each) for each in (returned if listed else [returned])]
    width = max(each.shape[-1] for each in outputs)
    plan = network if isinstance(network, Built) else build(network, given, width=width)
    items = int(np.prod(inputs.shape[:-1]))
    if not 2 <= items <= min(MOST, plan.width):
        expected = f"of 2 to {min(MOST, plan.width)} examples and locations together"
        raise ValueError(messages.refusal("inputs", expected, items, "give fewer examples"))
    along = parts.unrolled(plan.parts)
    if listed and len(outputs) != len(along):
        expected = f"of {len(along)} arrays, one for each part in turn"
        raise ValueError(messages.refusal("what the model returns", expected, len(outputs)))
    planned, drawn = planned_by(plan, inputs), sampled(plan, inputs, seed)
    places = range(len(along)) if listed else [len(along) - 1]
    rows = []
    for at, output in zip(places, outputs, strict=True):
        rows.append(_compared(at, along[at], output, planned[at], drawn[at]))
    return Checked(tuple(rows))


def planned_by(plan: Built, inputs: Any) -> list[np.ndarray]:
    """Covariances (items, items) after each part of the plan, at infinite width.

    >>> plan = build(parts.Chain((parts.Nonlinear(),), 2), "tanh", width=8)
    >>> float(planned_by(plan, np.eye(3))[0][0, 1])
    0.0
    """
    inputs = np.asarray(inputs, float)
    x = np.asarray(inputs, float).reshape(-1, inputs.shape[-1])
    rules = Matrix(jet_of(plan.function))
    at = Gram(x @ x.T / x.shape[1], x.mean(1), inputs.shape[1:-1])
    covariances = []
    for each in parts.unrolled(plan.parts):
        at = walk(each, at, rules)
        covariances.append(at.k)
    return covariances


def sampled(
    plan: Built, inputs: Any, seed: int = 0, *, draws: int = DRAWS, orthogonal: bool = True
) -> list[np.ndarray]:
    """Covariances (draws, items, items) after each part of networks sampled by the plan.

    >>> plan = build(parts.Chain((parts.Nonlinear(),), 2), "tanh", width=8)
    >>> [each.shape for each in sampled(plan, np.eye(3), draws=2)]
    [(2, 3, 3), (2, 3, 3), (2, 3, 3), (2, 3, 3)]
    """
    inputs = np.asarray(inputs, float)
    x = inputs.reshape(-1, inputs.shape[-1])
    # Only the covariances of the inputs count, and as many features as there are items hold them.
    triangle = np.linalg.qr(x.T, mode="r")
    start = np.zeros((draws, plan.width, len(x)))
    start[:, : len(triangle)] = triangle * (plan.width / x.shape[1]) ** 0.5
    generator = np.random.default_rng(seed)
    rules = Finite(jet_of(plan.function), generator, plan.width, orthogonal)
    at, covariances, along = Gram(start, None, inputs.shape[1:-1]), [], parts.unrolled(plan.parts)
    for number, each in enumerate(along):
        rules.width = plan.outputs if number == len(along) - 1 else plan.width
        at = walk(each, at, rules)
        covariances.append(at.k.mT @ at.k / at.k.shape[-2])
    return covariances


def _compared(at: int, part: Any, output: jax.Array, plan: np.ndarray, drawn: Any) -> Compared:
    x = np.asarray(output, float).reshape(-1, output.shape[-1])
    if len(x) != len(plan):
        expected = f"of {len(plan)} examples and locations at place {at}"
        raise ValueError(messages.refusal("what the model returns", expected, len(x)))
    q, c = _off(x @ x.T / x.shape[1], plan)
    spreads = np.array([_off(each, plan) for each in drawn])
    q_spread, c_spread = np.sqrt((spreads**2).mean(0))
    return Compared(at, type(part).__name__, q, c, float(q_spread), float(c_spread))


def _off(k: np.ndarray, plan: np.ndarray) -> tuple[float, float]:
    """Root mean square differences of the diagonals, and of the cosines off them."""
    pairs = np.triu_indices(len(k), 1)
    roots = [np.sqrt(np.maximum(np.diag(m), 1e-30)) for m in (k, plan)]
    cosines = [m / np.outer(r, r) for m, r in zip((k, plan), roots, strict=True)]
    q = (roots[0] / roots[1]) ** 2 - 1
    c = (cosines[0] - cosines[1])[pairs]
    return float(np.sqrt(np.mean(q**2))), float(np.sqrt(np.mean(c**2))) if c.size else 0.0
