"""When is every greedy pick right? A condition on the data, a stopping level, and error bounds.

All in coordinates in which each group is orthonormal, X_GjᵀX_Gj = I (whitened). For r in the span
of the good groups, X_Gjᵀ r = (X_good⁺X_Gj)ᵀ X_goodᵀ r, hence for every bad group j
‖X_Gjᵀ r‖ ≤ μ max_{i good} ‖X_Giᵀ r‖ with

    μ = max_{j bad} sup_{‖u‖=1} Σ_{i good} ‖(X_good⁺ X_Gj u)_i‖ .

So without noise μ < 1 makes every pick good. With noise N(0, σ²), on an event of probability
1 − η no bad group sees more than N = σ max_j √χ²_{m_j}(1 − η/bad) of it beyond the good span; a
bad pick with a score above ε = N/(1 − μ) would contradict score ≤ μ score + N. When it stops,
every good score is at most ε, so that a missed group has a least-squares length of at most ε/ρ;
and these lengths are within σ √(χ²(1 − η/good)/ρ) of the true ones on another event of 1 − η.
These constants are derived here. The paper's are coarser, and are kept as an option as remembered.

The supremum is of a convex function, so μ is held between two bounds: from below by an ascent over
u, from above by √(Σw · λ_max(Σ_i A_iᵀA_i / w_i)) with A_i the blocks, which bounds it for every
w > 0 (Cauchy-Schwarz) and for w_i = σ_max(A_i) is at most the plain sum Σ_i σ_max(A_i).

| symbol | name | shape |
| --- | --- | --- |
| A | `blocks`, X_good⁺X_Gj, padded with zeros | (bad, good, size, size) |
| μ | `Condition.mu_low`, `mu_high`, `mu_sum` | scalars |
| ρ = λ_min(X_goodᵀX_good) | `Condition.rho` | scalar in [0, 1] |
| σ, η | `sigma`, `eta` | scalars |
| ε | `Condition.epsilon` | scalar, in units of y |
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import chdtri

from curvkit.core import messages
from curvkit.selection._design import Design, orthonormal
from curvkit.selection._groups import numbers_of, read_groups
from curvkit.selection._inputs import divided, floats, matrix, require_finite, units

ASCENTS, DESCENTS = 40, 40


class Condition(NamedTuple):
    """What is known before the search begins.

    Attributes:
        mu_low: the lower bound on μ that was found.
        mu_high: an upper bound on μ; below 1 every pick is proved to be good without noise.
        mu_sum: the coarser upper bound Σ_i σ_max(A_i).
        rho: the smallest eigenvalue of X_goodᵀX_good, groups orthonormal.
        noise: N, what a bad group sees of the noise at most, with probability 1 − η; nan without
            `sigma`, as are the next three.
        epsilon: the level to stop at, N/(1 − μ); infinite where μ is not proved below 1.
        needed: the length ‖X_Gj β_Gj‖ above which no good group can be missed.
        linf: the bound on each coefficient's error (orthonormal coordinates) with probability
            1 − η, once the good groups are found: σ √(2 ln(2|good|/η)/ρ).
        lengths: ‖X_Gj β_Gj‖ of each good group, or nothing where `beta` was not given.
    """

    mu_low: float
    mu_high: float
    mu_sum: float
    rho: float
    noise: float
    epsilon: float
    needed: float
    linf: float
    lengths: np.ndarray

    @property
    def noiseless(self) -> str:
        """The verdict without noise: proved, impossible to prove this way, or open."""
        if self.mu_high < 1 and self.rho > 0:
            return "proved"
        return "not proved" if self.mu_low >= 1 else "open"

    @property
    def noisy(self) -> str:
        """The verdict with noise: proved where all good groups are long enough, else not."""
        enough = len(self.lengths) and np.isfinite(self.needed)
        return "proved" if enough and self.lengths.min() > self.needed else "not proved"

    def words(self) -> str:
        """The condition and its verdicts in a sentence or two."""
        number = messages.number
        text = f"μ is between **{number(self.mu_low)}** and **{number(self.mu_high)}**, "
        text += f"ρ is **{number(self.rho)}**: without noise, recovery is {self.noiseless}."
        if np.isnan(self.noise):
            return text
        if not np.isfinite(self.epsilon):
            return f"{text} With noise no stopping level is proved to do."
        text += f" With noise, stopping at ε = **{number(self.epsilon)}** finds all groups"
        text += f" longer than **{number(self.needed)}**"
        if len(self.lengths):
            text += f"; the shortest is {number(self.lengths.min())}, so recovery is "
            text += self.noisy
        return f"{text}."

    def _repr_markdown_(self) -> str:
        return self.words()


def recovery(
    X: Any, groups: Any, good: Any, *, beta: Any = None, sigma: float | None = None,
    eta: float = 0.05, fit_intercept: bool = True,
) -> Condition:  # fmt: skip
    """The recovery condition for given data, with its bounds.

    Args:
        X: (n, d), an array, data frame or sparse matrix.
        groups: as `GroupOMP` takes them.
        good: the labels of the groups that carry the signal, each once; one label, or a list, set
            or series of them.
        beta: (d,), the true coefficients, if known; only their lengths are used.
        sigma: the deviation of the noise, at least 0, if there is any.
        eta: between 0 and 1/2; what is said of noise holds with probability 1 − 2η.
        fit_intercept: whether columns are centred.

    Raises:
        ValueError: with one sentence, if the data or groups are wrong, a label is unknown, or a
            number out of range.

    >>> recovery(np.eye(4), [0, 0, 1, 1], [0], sigma=1.0, fit_intercept=False).mu_high
    0.0
    """
    eta = messages.real("eta", eta, "a number between 0 and 1/2", above=0, below=0.5)
    sigma = None if sigma is None else messages.real("sigma", sigma, least=0)
    centre = messages.switch("fit_intercept", fit_intercept)
    X, names = matrix(X)
    if centre and X.shape[0] < 2:
        advice = "or fit_intercept=False, so that columns are not centred"
        raise ValueError(messages.refusal("X", "of at least two samples", X.shape, advice))
    partition = read_groups(groups, X.shape[1], names)
    chosen = numbers_of(partition.names, good)
    unit = units(X, together=False)
    design = Design(X if unit is None else divided(X, unit), partition, centre=centre)
    bases = [orthonormal(*design.columns(j)) for j in range(len(partition.names))]
    inside = [bases[j] for j in chosen]
    outside = [each for j, each in enumerate(bases) if j not in chosen]
    rho = smallest_eigenvalue(inside)
    low, high, total = incoherence(inside, outside)
    lengths = np.zeros(0) if beta is None else _lengths(design, chosen, beta, unit)
    levels = np.nan, np.nan, np.nan, np.nan
    if sigma is not None:
        good, bad = ([each.shape[1] for each in bases] for bases in (inside, outside))
        levels = noise_levels(sigma, high, rho, good, bad, eta)
    return Condition(low, high, total, rho, *levels, lengths)


def _lengths(design, chosen, beta, unit):
    """‖X_Gj β_Gj‖ of the good groups."""
    beta = np.asarray(floats("beta", beta), float)
    if beta.shape != (design.features,):
        expected = f"a coefficient for each of the {design.features} columns"
        raise ValueError(messages.refusal("beta", expected, beta.shape))
    require_finite("beta", beta)
    # What is longer than any number is infinitely long.
    with np.errstate(over="ignore"):
        each = beta if unit is None else beta * unit
        groups = [(design.columns(j)[0], each[design.groups.columns[j]]) for j in chosen]
        return np.array([np.linalg.norm(columns @ beta_j) for columns, beta_j in groups])


def smallest_eigenvalue(bases: list[np.ndarray]) -> float:
    """ρ: the smallest eigenvalue of BᵀB for orthonormal bases side by side, at least 0.

    >>> smallest_eigenvalue([np.eye(3)[:, :1], np.eye(3)[:, 1:2]])
    1.0
    """
    joined = np.hstack(bases)
    return float(max(np.linalg.eigvalsh(joined.T @ joined)[0], 0.0)) if joined.size else 0.0


def incoherence(inside: list[np.ndarray], outside: list[np.ndarray]) -> tuple[float, float, float]:
    """μ from below and from above, and the sum of norms.

    Args:
        inside: an orthonormal basis (n, rank) of each good group.
        outside: of each bad group.

    Returns:
        All are infinite where the good groups depend on one another, and 0 without bad groups.

    >>> half = np.sqrt(0.5)
    >>> low, high, total = incoherence([np.array([[1.0], [0.0]])], [np.array([[half], [half]])])
    >>> np.allclose([low, high, total], half)
    True
    """
    if not outside or not sum(each.shape[1] for each in outside):
        return 0.0, 0.0, 0.0
    joined = np.hstack(inside)
    if smallest_eigenvalue(inside) < 1e-12 or joined.shape[1] > joined.shape[0]:
        return np.inf, np.inf, np.inf
    blocks = _blocks(inside, outside, np.linalg.pinv(joined))
    norms = np.linalg.norm(blocks, 2, axis=(2, 3))
    if not norms.any():
        return 0.0, 0.0, 0.0
    low, along = _from_below(blocks)
    high = _from_above(blocks, norms, along)
    return float(low.max()), float(high.max()), float(norms.sum(1).max())


def _blocks(inside, outside, inverse):
    size = max(each.shape[1] for each in [*inside, *outside])
    blocks = np.zeros((len(outside), len(inside), size, size))
    ends = np.cumsum([0, *(each.shape[1] for each in inside)])
    for j, basis in enumerate(outside):
        image = inverse @ basis
        for i in range(len(inside)):
            block = image[ends[i] : ends[i + 1]]
            blocks[j, i, : block.shape[0], : block.shape[1]] = block
    return blocks


def _from_below(blocks):
    """Σ_i ‖A_i u‖ at the best u of an ascent from every right singular vector of A, and ‖A_i u‖.

    The function is convex, so going to its gradient's direction never goes down.
    """
    joined = blocks.reshape(len(blocks), -1, blocks.shape[3])
    starts = np.linalg.svd(joined, full_matrices=False)[2]
    lengths = lambda u: np.linalg.norm(blocks[:, None] @ u[:, :, None, :, None], axis=(3, 4))
    u = starts
    for _ in range(ASCENTS):
        image = blocks[:, None] @ u[:, :, None, :, None]
        size = np.linalg.norm(image, axis=3, keepdims=True)
        unit = image / np.where(size > 0, size, 1.0)
        slope = np.sum(np.swapaxes(blocks, 2, 3)[:, None] @ unit, axis=2)[..., 0]
        length = np.linalg.norm(slope, axis=2, keepdims=True)
        u = np.where(length > 0, slope / np.where(length > 0, length, 1.0), u)
    every = lengths(u)
    best = np.argmax(every.sum(2), axis=1)
    chosen = every[np.arange(len(blocks)), best]
    return chosen.sum(1), chosen


def _from_above(blocks, norms, along):
    """The least bound over the weights that were tried, each of which is a bound."""
    products = np.swapaxes(blocks, 2, 3) @ blocks
    best = norms.sum(1)
    for weights in (norms, along):
        w = weights + 1e-12 * norms.max()
        for _ in range(DESCENTS):
            values, vectors = np.linalg.eigh(np.sum(products / w[:, :, None, None], axis=1))
            best = np.minimum(best, np.sqrt(w.sum(1) * values[:, -1]))
            top = np.linalg.norm(blocks @ vectors[:, None, :, -1:], axis=(2, 3))
            w = np.sqrt(w * (top + 1e-9 * w))
    return best


def noise_levels(
    sigma: float, mu: float, rho: float, good: list[int], bad: list[int], eta: float
) -> tuple[float, float, float, float]:
    """N, ε, the length that is needed, and the l∞ bound; see the module's first lines.

    Args:
        sigma: deviation of the noise.
        mu: an upper bound on μ.
        rho: ρ.
        good: ranks of the good groups.
        bad: ranks of the bad groups.
        eta: probability that either event fails.

    >>> noise_levels(1.0, 0.0, 1.0, [1], [1], 0.05)[0]
    1.959...
    """
    levels = [sigma * np.sqrt(chdtri(rank, eta / len(bad))) for rank in bad if rank]
    noise = max(levels, default=0.0)
    total = sum(good)
    if rho <= 0:
        return noise, np.inf, np.inf, np.inf
    epsilon = noise / (1 - mu) if mu < 1 else np.inf
    moved = max(sigma * np.sqrt(chdtri(rank, eta / len(good)) / rho) for rank in good if rank)
    linf = sigma * np.sqrt(2 * np.log(2 * total / eta) / rho)
    return float(noise), float(epsilon), float(epsilon / rho + moved), float(linf)


def remembered_levels(
    sigma: float, mu: float, rho: float, columns: int, eta: float
) -> tuple[float, float]:
    """The coarser ε and needed length: σ √(2 d ln(2d/η))/(1 − μ) and √8 ε/ρ.

    These are the published theorem's constants as they are remembered, not as they were read.

    >>> noise = noise_levels(1.0, 0.5, 1.0, [5], [5] * 9, 0.05)
    >>> coarse = remembered_levels(1.0, 0.5, 1.0, 50, 0.05)
    >>> bool(coarse[0] > noise[1] and coarse[1] > noise[2])
    True
    """
    if mu >= 1 or rho <= 0:
        return np.inf, np.inf
    epsilon = sigma * np.sqrt(2 * columns * np.log(2 * columns / eta)) / (1 - mu)
    return float(epsilon), float(np.sqrt(8) * epsilon / rho)
