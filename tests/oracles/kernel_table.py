"""The table of ways of shaping, derived anew: closed forms where φ is cut at zero, and else sums.

Sums over evenly spaced points converge faster than any power for what is analytic and falls off as
a normal density does; of SELU and leaky ReLU every expectation is a closed form of the bivariate
normal law. Nothing here is a Gauss rule, in polar coordinates, or of the package.
"""

import functools
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, fsolve
from scipy.special import expit, ndtr, owens_t

STARTS, ORTHOGONAL, OTHERS = np.array([-1.0, 0.0, 0.5]), 1, 9
HE = 2**0.5


class Pair(NamedTuple):
    """E[φ(u)²], E[φ(u) φ(v)], E[φ], E[φ′(u)²] and E[φ′(u) φ′(v)] at a mean square and cosines."""

    q: float
    k: np.ndarray
    mean: float
    steep: float
    slopes: np.ndarray


@functools.cache
def line(spacing):
    z = np.arange(-9, 9 + spacing / 2, spacing)
    mass = np.exp(-(z**2) / 2)
    return z, mass / mass.sum()


def sums(jet, q, c, spacing=0.1):
    """Of an analytic φ, `jet` being φ and φ′."""
    z, mass = line(spacing)
    u = jet(np.sqrt(q) * z)
    k, slopes = np.zeros(len(c)), np.zeros(len(c))
    for at, cosine in enumerate(c):
        rest = np.sqrt(max(1 - cosine**2, 0.0))
        v = jet(np.sqrt(q) * (cosine * z[:, None] + rest * z))
        k[at], slopes[at] = (mass * one @ (two @ mass) for one, two in zip(u, v, strict=True))
    return Pair(u[0] ** 2 @ mass, k, u[0] @ mass, u[1] ** 2 @ mass, slopes)


def tanh(x):
    return np.tanh(x), 1 - np.tanh(x) ** 2


def sigmoid(x):
    return expit(x), expit(x) * expit(-x)


def softplus(x):
    return np.logaddexp(0, x), expit(x)


def leaky(slope, gain, q, c):
    """Cho and Saul's kernels of degree 1 and 0, for a leaky ReLU times a gain."""
    angle = np.arccos(np.clip(c, -1, 1))
    arc = (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / np.pi
    bent, straight = (1 - slope) ** 2 / 2, slope
    at = lambda arc, c: gain**2 * q * (bent * arc + straight * c)
    slopes = gain**2 * (bent * (np.pi - angle) / np.pi + straight)
    mean = gain * (1 - slope) * np.sqrt(q / (2 * np.pi))
    return Pair(at(1.0, 1.0), at(arc, c), mean, gain**2 * (bent + straight), slopes)


def below(h, k, c):
    """P(x < h, y < k) of two standard normal variables at cosine c, by Owen's T."""
    if abs(c) >= 1:
        return ndtr(min(h, k)) if c > 0 else max(ndtr(h) - ndtr(-k), 0.0)
    if h == k == 0:
        return 0.25 + np.arcsin(c) / (2 * np.pi)
    h, k = h or 1e-290, k or 1e-290
    rest = np.sqrt(1 - c**2)
    apart = 0.0 if h * k > 0 else 0.5
    tail = owens_t(h, (k - c * h) / (h * rest)) + owens_t(k, (h - c * k) / (k * rest))
    return (ndtr(h) + ndtr(k)) / 2 - tail - apart


def above_below(h, k, c):
    """E[x; x > h, y < k] of the same: Rosenbaum's moment of a truncated normal law."""
    density = lambda z: np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    rest = np.sqrt(1 - c**2)
    return density(h) * ndtr((k - c * h) / rest) - c * density(k) * ndtr((c * k - h) / rest)


SCALE, DEEP = 1.0507009873554805, 1.6732632423543772


def selu(q, c):
    """Each quadrant by itself; an exponential of a normal variable moves its mean."""
    root = np.sqrt(q)
    k, slopes = np.zeros(len(c)), np.zeros(len(c))
    for at, cosine in enumerate(c):
        k[at], slopes[at] = _selu_pair(root, cosine)
    square, steep = _selu_pair(root, 1.0)
    fall = np.exp(q / 2) * ndtr(-root)  # E[e^u; u < 0]
    mean = SCALE * (root / np.sqrt(2 * np.pi) + DEEP * (fall - 0.5))
    return Pair(square, k, mean, steep, slopes)


def _selu_pair(root, c):
    q, both, apart = root**2, below(0, 0, c), 0.5 - below(0, 0, c)
    fall = np.exp(q / 2) * ndtr(-root)
    # Of u < 0 and v < 0: E[e^u] is that of v below −q c where u is below −q.
    one = np.exp(q / 2) * below(-root, -c * root, c)
    two = np.exp(q * (1 + c)) * below(-root * (1 + c), -root * (1 + c), c)
    if c == 1:
        k, mixed, mixed_slope = q / 2, 0.0, 0.0
    elif c == -1:
        # v is −u: E[u (e^−u − 1); u > 0], and E[e^−u; u > 0].
        k, mixed_slope = 0.0, fall
        mixed = root / np.sqrt(2 * np.pi) - q * fall - root / np.sqrt(2 * np.pi)
    else:
        angle = np.arccos(c)
        k = q * (np.sin(angle) + (np.pi - angle) * c) / (2 * np.pi)
        # Of u > 0 and v < 0, where e^v moves u by q c and v by q.
        h, low = -c * root, -root
        chance = ndtr(low) - below(h, low, c)
        moved = root * above_below(h, low, c) + q * c * chance
        mixed = np.exp(q / 2) * moved - root * above_below(0.0, 0.0, c)
        mixed_slope = np.exp(q / 2) * chance
    product = k + 2 * DEEP * mixed + DEEP**2 * (two - 2 * one + both)
    slopes = both + 2 * DEEP * mixed_slope + DEEP**2 * two
    assert apart > -1e-12
    return SCALE**2 * product, SCALE**2 * slopes


class At(NamedTuple):
    """Where a network has come to: lengths, pairs, the slope at 1 and the tangent kernel."""

    q: float
    k: np.ndarray
    slope: float
    same: float
    theta: float

    def over(self, by, less=0.0):
        """What a normalisation leaves."""
        return At((self.q - less) / by, (self.k - less) / by, *(each / by for each in self[2:]))


def layer(at, pair, gain=1.0, bias=0.0, norm="none"):
    """A normalisation, φ, and a fresh affine layer."""
    if norm == "before":
        at = at.over(at.q)
    if norm == "batch":
        # A batch of inputs that are orthogonal: their mean is what each two of them share.
        shared = at.k[ORTHOGONAL]
        at = at.over(at.q - shared, shared)
    to = pair(at.q, np.clip(at.k / at.q, -1, 1))
    at = At(to.q, to.k, at.slope * to.steep, at.same * to.steep,
            at.theta * to.slopes[ORTHOGONAL])  # fmt: skip
    if norm == "after":
        at = at.over(to.q - to.mean**2, to.mean**2)
    square = gain**2
    return At(square * at.q + bias**2, square * at.k + bias**2, square * at.slope,
              square * at.same + at.q, square * at.theta + at.k[ORTHOGONAL])  # fmt: skip


def chain(pair, depth, gain=1.0, bias=0.0, norm="none", q=1.0):
    """Cosines, slope, one over the condition number and mean square after so many layers."""
    at = start(q)
    for _ in range(depth):
        at = layer(at, pair, gain, bias, norm)
    return told(at, q)


def residual(pair, weights, gain=1.0, norm="none"):
    """Blocks of two layers beside their input; `weights` are those of both terms."""
    at = start(1.0)
    for kept, added in weights:
        branch = layer(layer(at, pair, gain, 0.0, norm), pair, gain, 0.0, norm)
        terms = zip(at, branch, strict=True)
        at = At(*(kept**2 * one + added**2 * two for one, two in terms))
    return told(at, 1.0)


def start(q):
    return At(q, q * STARTS, 1.0, q, q * STARTS[ORTHOGONAL])


def told(at, q):
    # One over the condition number, which has no end where inputs have become one.
    inverse = (at.same - at.theta) / (at.same + OTHERS * at.theta)
    return at.k / at.q, at.slope * q / at.q, inverse, at.q


def settled(jet, gain, bias):
    """The mean square that a layer keeps."""
    z, mass = line(0.1)
    keeps = lambda q: gain**2 * (jet(np.sqrt(q) * z)[0] ** 2 @ mass) + bias**2 - q
    return brentq(keeps, 1e-6, 1e3, xtol=1e-14)


def moments(jet, alpha, beta):
    """Mean, mean square, and E[φ φ′ z] and E[φ′²], E[φ″²], all of φ(α z + β) as it is."""
    z, mass = line(0.05)
    value, slope = jet(alpha * z + beta)
    bent = (jet(alpha * z + beta + 1e-4)[1] - jet(alpha * z + beta - 1e-4)[1]) / 2e-4
    return value, alpha * slope, alpha**2 * bent, z, mass


def dks(jet, depth, zeta=1.5, begin=(0.3, 0.4)):
    """φ̂ and φ̂′ by the four conditions of a chain, by Powell's method."""

    def four(alpha, beta):
        value, slope, _, z, mass = moments(jet, alpha, beta)
        delta = -(value @ mass)
        gamma = 1 / np.sqrt((value + delta) ** 2 @ mass)
        return gamma, delta, gamma**2 * ((value + delta) * slope * z @ mass), gamma**2 * (
            slope**2 @ mass)  # fmt: skip

    goal = zeta ** (1 / depth)
    alpha, beta = fsolve(lambda x: np.subtract(four(*x)[2:], (1, goal)), begin, xtol=1e-13)
    return hatted(jet, alpha, beta, *four(alpha, beta)[:2])


def tat(jet, depth, tau=0.3, begin=(0.21, 0.54, -1.0)):
    """The same by Q(1) = 1, Q′(1) = 1, C′(1) = 1 and C″(1) = τ / depth."""

    def four(alpha, beta, delta):
        value, slope, bent, z, mass = moments(jet, alpha, beta)
        gamma = 1 / np.sqrt((value + delta) ** 2 @ mass)
        length = (value + delta) * slope * z @ mass
        return gamma, *(gamma**2 * each for each in (length, slope**2 @ mass, bent**2 @ mass))

    goal = (1, 1, tau / depth)
    alpha, beta, delta = fsolve(lambda x: np.subtract(four(*x)[1:], goal), begin, xtol=1e-13)
    return hatted(jet, alpha, beta, four(alpha, beta, delta)[0], delta)


def hatted(jet, alpha, beta, gamma, delta):
    def shaped(x):
        value, slope = jet(alpha * x + beta)
        return gamma * (value + delta), gamma * alpha * slope

    return shaped


def tailored(depth, eta=0.9):
    """The slope below zero and the gain with which a leaky ReLU sends orthogonal inputs to η."""
    gain = lambda slope: np.sqrt(2 / (1 + slope**2))
    ends = lambda slope: chain(functools.partial(leaky, slope, gain(slope)), depth)[0][ORTHOGONAL]
    slope = brentq(lambda slope: ends(slope) - eta, 1e-6, 1 - 1e-6, xtol=1e-15)
    return slope, gain(slope)
