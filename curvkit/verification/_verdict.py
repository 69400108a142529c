"""`verify`: is F(x, f(x)) <= 0 for all x in a box? Bounds from above, an attack from below.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| max F <= u | `Verdict.upper_bound` | scalar | arXiv 1902.09592, section 3 |
| F(x*) | `Verdict.attack_value`, at `witness` | scalar | there, section 5 |

Branch and bound halves the worst boxes along the input that the bound's plane depends on most. A
child keeps its parent's bound where its own is worse, so the bound never rises.
"""

import time
from collections.abc import Iterator
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from curvkit.core.messages import refusal, unknown, whole
from curvkit.core.tree import float64
from curvkit.verification import _certify as certify
from curvkit.verification import _checks as checks
from curvkit.verification._networks import Box, network, pair, sizes
from curvkit.verification._specifications import Specification

METHODS = ("auto", "interval", "crown", "alpha", "inner", "split")
# Children of one round, so that one compiled program serves them all; Adam's steps; attack starts.
BATCH, STEPS, RESTARTS = 64, 30, 16
# What a stage asks of `certify.bound`.
STAGES = {
    "interval": {"method": "interval"},
    "crown": {},
    "alpha": {"steps": STEPS},
    "inner": {"steps": STEPS, "inner": True},
}


class Verdict(NamedTuple):
    """What is known: `verified`, `violated` (with a witness) or `unknown`, and how it was found.

    `trace` has one row (seconds, boxes bounded, upper bound, attack value) for each stage or round.
    """

    status: str
    upper_bound: float
    attack_value: float
    witness: np.ndarray | None
    trace: np.ndarray


class _VerdictSearch:
    """The best bound, the best attack and the trace of one question."""

    def __init__(self, layers, spec, within, seed, batched):
        self.layers, self.spec, self.within = layers, spec, within
        self.batched = batched
        self.random = np.random.default_rng(seed)
        self.begun, self.bounded, self.rows = time.perf_counter(), 0, []
        self.attack_value, self.point, self.sure = -np.inf, None, False
        self.upper_bound, self.way = np.inf, {}

    def bound(self, lower, upper, **options):
        """Bounds of at most a batch of boxes, anything not finite as infinity."""
        self.way = options
        bounds, slopes, _ = self._run(lower, upper)
        self.bounded += len(lower)
        return np.where(np.isfinite(bounds), bounds, np.inf), np.nan_to_num(slopes)

    def _run(self, lower, upper):
        with float64():
            run = certify.program(**self.way)
            # Where boxes are split all rounds are of one size, and so of one program.
            size = BATCH if self.batched else 1
            ends = _padded(lower, size), _padded(upper, size)
            bounds = run(self.layers, self.spec, *ends)
            return [np.asarray(each)[: len(lower)] for each in bounds]

    def attack(self):
        """Climbs from random starts and the middle, and evaluates what was found anew."""
        low, high = self.within
        starts = self.random.uniform(low, high, (RESTARTS, len(low)))
        starts[0] = (low + high) / 2
        with float64():
            best, _ = certify.climb(self.layers, self.spec, starts, low, high)
        self.try_points(np.clip(np.asarray(best), low, high))

    def try_points(self, points):
        """Takes the best of the points as the attack's, if it is better; F of all of them."""
        with float64():
            padded = certify.values(self.layers, self.spec, _padded(points, RESTARTS))
        values = np.asarray(padded)[: len(points)]
        values = np.where(np.isfinite(values), values, -np.inf)
        at = int(np.argmax(values))
        if values[at] > self.attack_value:
            self.attack_value, self.point = float(values[at]), np.array(points[at])
        return values

    def slack(self, point) -> float:
        """What rounding may have added to F at a point: the slack of a bound there."""
        return float(self._run(point[None], point[None])[2][0])

    def believe(self, point, value, bound, within):
        """Refuses a specification whose F, attained at a point, is above the bound of its box."""
        if value > bound and value - self.slack(point) > bound:
            raise ValueError(checks.below(point, value, bound, within))

    def verdict(self, upper=None) -> Verdict:
        """What is known now; with a new bound a row of the trace is written."""
        if upper is not None:
            self.upper_bound = min(self.upper_bound, float(upper))
            if self.point is not None:
                self.believe(self.point, self.attack_value, self.upper_bound, self.within)
        seconds = time.perf_counter() - self.begun
        self.rows.append((seconds, self.bounded, self.upper_bound, self.attack_value))
        status = "verified" if self.upper_bound <= 0 else "unknown"
        if self.attack_value > 0 and not self.sure:
            # F above zero by less than rounding may be F = 0.
            self.sure = self.attack_value > self.slack(self.point)
        if self.sure:
            status = "violated"
        witness = self.point if status == "violated" else None
        trace = np.array(self.rows)
        return Verdict(status, self.upper_bound, self.attack_value, witness, trace)


def _padded(rows, size):
    return np.concatenate([rows, np.repeat(rows[-1:], size - len(rows), 0)])


def verify(
    layers: Any,
    within: Box | tuple[Any, Any],
    spec: Specification,
    *,
    method: str = "auto",
    budget: float = 10.0,
    boxes: int = 20000,
    gap: float | None = None,
    seed: int = 0,
) -> Verdict:
    """Whether F <= 0 on a box: proved, refuted by a witness that is re-evaluated, or unknown.

    Interrupted, it returns the best so far. F of the verdict is that of the specification; where
    the attack finds F > 0 the status is `violated`. A number that is not finite proves nothing.
    What is proved is proved of the numbers as given, in exact arithmetic, in whatever units they
    are: what rounding and underflow may have taken away is added to every bound.

    Args:
        layers: as `networks.network` takes them; float32 weights are promoted to float64, exactly.
        within: as `networks.box` makes it, or a pair (lower, upper).
        spec: of `specifications`.
        method: `interval`, `crown`, `alpha` (slopes and planes optimised), `inner` (the slopes
            behind inner layers' bounds as well), `split` (branch and bound), or `auto`: CROWN, then
            alpha, then split, until it is decided.
        budget: seconds after which no new round begins, above 0.
        boxes: how many boxes are bounded at most, 1 or more.
        gap: go on, decided or not, until upper bound and attack are so close; 0 or more.
        seed: of the attack's starts, 0 or more.

    Raises:
        ValueError: with one sentence, for what `network`, `box` and the specification refuse, for
            an option out of range, and for a specification whose planes are found below F.

    >>> from curvkit.verification._specifications import LinearSpec
    >>> layers = [([[1.0], [-1.0]], [0.0, 0.0]), "relu", ([[1.0, 1.0]], [0.0])]  # |x|
    >>> verify(layers, ([-1.0], [1.0]), LinearSpec([1.0], -1.5)).status
    'verified'
    """  # fmt: skip
    verdicts = progress(
        layers, within, spec, method=method, budget=budget, boxes=boxes, gap=gap, seed=seed
    )
    best = next(verdicts)  # before the first there is nothing to return
    try:
        for verdict in verdicts:
            best = verdict
    except KeyboardInterrupt:
        pass
    return best


def progress(
    layers: Any,
    within: Box | tuple[Any, Any],
    spec: Specification,
    *,
    method: str = "auto",
    budget: float = 10.0,
    boxes: int = 20000,
    gap: float | None = None,
    seed: int = 0,
) -> Iterator[Verdict]:
    """The verdicts of `verify` as they get better, one for each stage or round.

    >>> from curvkit.verification._specifications import LinearSpec
    >>> double = [([[2.0]], [0.0])]
    >>> [each.status for each in progress(double, ([0.0], [1.0]), LinearSpec([1.0], -1.0))]
    ['violated']
    """  # fmt: skip
    layers = network(layers)
    if not isinstance(spec, Specification):
        expected = "a specification, such as LinearSpec or QuadraticSpec"
        raise ValueError(refusal("spec", expected, spec))
    boxes, seed = _read(method, budget, boxes, gap, seed)
    within = pair(within, sizes(layers)[0])
    spec = spec.fit(*sizes(layers), lambda: checks.reach(layers, within))
    if not spec.planes.__module__.startswith("curvkit."):
        checks.planes_hold(layers, spec, within, seed)
    search = _VerdictSearch(layers, spec, within, seed, method == "split")
    search.attack()

    def decided(verdict):
        if gap is not None:
            return verdict.upper_bound - verdict.attack_value <= gap
        return verdict.status != "unknown"

    stages = {"auto": ("crown", "alpha"), "split": ("crown",)}.get(method, (method,))
    for stage in stages:
        upper, slopes = search.bound(*(each[None] for each in within), **STAGES[stage])
        verdict = search.verdict(upper[0])
        yield verdict
        if decided(verdict):
            return
    if method in ("auto", "split"):
        yield from _split(search, slopes[0], decided, budget, boxes)


def _read(method, budget, boxes, gap, seed):
    """Whole numbers of boxes and seed; refuses what is no option, in one sentence."""
    if not isinstance(method, str) or method not in METHODS:
        raise ValueError(unknown("method", method, METHODS))
    if not _is_number(budget) or not budget > 0:
        raise ValueError(refusal("budget", "a number of seconds above zero", budget))
    if gap is not None and not (_is_number(gap) and gap >= 0):
        raise ValueError(refusal("gap", "a number from 0 on, or None", gap))
    return whole("boxes", boxes), whole("seed", seed, 0)


def _is_number(value):
    # Of NumPy's and JAX's numbers that are no Python floats, too.
    plain = value.item() if getattr(value, "shape", None) == () else value
    return isinstance(plain, Real) and not isinstance(plain, bool)


def _split(search, slopes, decided, budget, limit) -> Iterator[Verdict]:
    """Rounds of branch and bound: the worst boxes are halved, a batch of children at a time."""
    lower, upper = (each[None] for each in search.within)
    search.batched = True
    bound, slopes = np.array([search.upper_bound]), slopes[None]
    while True:
        if time.perf_counter() - search.begun > budget or search.bounded >= limit:
            return
        order = np.argsort(-bound)
        worst, others = order[: BATCH // 2], order[BATCH // 2 :]
        low, high = _halved(lower[worst], upper[worst], slopes[worst])
        child_bound, child_slopes = search.bound(low, high)
        child_bound = np.minimum(child_bound, np.tile(bound[worst], 2))
        # Where the plane is highest on the most promising child, F may be high too.
        first = np.argsort(-child_bound)[:4]
        points = np.where(child_slopes[first] > 0, high[first], low[first])
        seen = search.try_points(points)
        for at, point, value in zip(first, points, seen, strict=True):
            search.believe(point, value, child_bound[at], Box(low[at], high[at]))
        lower, upper = np.concatenate([lower[others], low]), np.concatenate([upper[others], high])
        bound = np.concatenate([bound[others], child_bound])
        slopes = np.concatenate([slopes[others], child_slopes])
        verdict = search.verdict(bound.max())
        yield verdict
        if decided(verdict) or not np.any(upper > lower):
            return


def _halved(lower, upper, slopes):
    """Both halves of each box along the input that moves its plane most."""
    width = upper - lower
    # A plane that does not lean still leaves boxes to split: the widest side then decides.
    with np.errstate(over="ignore"):  # a slope that is too large to say is large
        worth = width * (np.abs(slopes) + 1e-6 * (1e-300 + np.abs(slopes).max(1, keepdims=True)))
    axis = np.where(worth.max(1) > 0, worth.argmax(1), width.argmax(1))
    each = np.arange(len(lower))
    middle = (lower[each, axis] + upper[each, axis]) / 2
    left, right = upper.copy(), lower.copy()
    left[each, axis], right[each, axis] = middle, middle
    return np.concatenate([lower, right]), np.concatenate([left, upper])
