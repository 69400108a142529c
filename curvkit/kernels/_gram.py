"""What parts do to all items of a batch: to their covariances, and to those of one sampled network.

| symbol | name | shape |
| --- | --- | --- |
| K_ij = ⟨x_i, x_j⟩ / N | `Gram.k` of `Matrix`, over all locations of all inputs | (items, items) |
| X | `Gram.k` of `Finite`, activations | (draws, N, items) |
| m_i | `Gram.mean`, over features | (items,) |
| a_k(q_i) | Hermite coefficients of φ(√q_i z) | (items, terms) |

Both are rules for `_kernel.walk`. Lengths may differ, batches are the items at hand, and pooling
has the cosines between locations that it needs.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from curvkit.kernels import _parts as parts
from curvkit.kernels._expectations import Jet
from curvkit.kernels._gauss import hermite_table, legendre, panel_rule

TERMS = 96


class Gram(NamedTuple):
    """Covariances of all items, their means over features, and the locations of each input."""

    k: Any
    mean: Any
    space: tuple[int, ...]


class Matrix:
    """The rules of covariances of all items, at infinite width; batches are the items at hand."""

    def __init__(self, jet: Jet):
        self.jet = jet

    def elementwise(self, part: Any, at: Gram) -> Gram:
        """φ, by Hermite coefficients at each item's own mean square."""
        q = np.diag(at.k)
        z, w = panel_rule((0.0,), 24, 12)
        values = self.jet(np.sqrt(q)[:, None] * z)[0]
        table = (values * w) @ hermite_table(z, TERMS).T
        c = np.clip(at.k / np.sqrt(np.outer(q, q)), -1, 1)
        k = np.zeros_like(c)
        for column in table.T[::-1]:
            k = k * c + np.outer(column, column)
        # What the series leaves out is known of an item with itself, and is of higher powers.
        left = np.sqrt(np.maximum(values**2 @ w - np.sum(table**2, 1), 0))
        return Gram(k + np.outer(left, left) * c**TERMS, table[:, 0], at.space)

    def affine(self, part: parts.Affine, at: Gram) -> Gram:
        """Fresh weights and biases; a stride leaves locations out."""
        items, space = _strided(part, at)
        k = at.k[np.ix_(items, items)]
        return Gram(part.gain**2 * k + part.bias**2, np.zeros(len(k)), space)

    def layer_norm(self, part: Any, at: Gram) -> Gram:
        """Each item by itself."""
        k = at.k - np.outer(at.mean, at.mean)
        q = np.sqrt(np.diag(k))
        return Gram(k / np.outer(q, q), 0 * at.mean, at.space)

    def batch_norm(self, part: Any, at: Gram) -> Gram:
        """All items are the batch; each feature is divided by its own spread over them."""
        centred = np.eye(len(at.k)) - 1 / len(at.k)
        return Gram(_over_spread(centred @ at.k @ centred), centred @ at.mean, at.space)

    def mean_pool(self, part: Any, at: Gram) -> Gram:
        """Means over the locations of each input."""
        mixed = _pooling(at)
        return Gram(mixed @ at.k @ mixed.T, mixed @ at.mean, ())

    def add(self, part: parts.Sum, states: Sequence[Gram]) -> Gram:
        """Independent terms."""
        both = list(zip(part.weights, states, strict=True))
        mean: Any = sum(w * each.mean for w, each in both)
        return Gram(sum(w**2 * each.k for w, each in both), mean, states[0].space)

    def concatenate(self, part: Any, states: Sequence[Gram]) -> Gram:
        """Averages."""
        k, mean = (np.mean([each[at] for each in states], axis=0) for at in (0, 1))
        return Gram(k, mean, states[0].space)


def _strided(part: parts.Affine, at: Gram) -> tuple[np.ndarray, tuple[int, ...]]:
    items = at.k.shape[-1]
    numbers = np.arange(items).reshape(-1, *at.space)
    strided = numbers[(slice(None), *(slice(None, None, part.stride),) * len(at.space))]
    return strided.ravel(), strided.shape[1:]


def _pooling(at: Gram) -> np.ndarray:
    locations = int(np.prod(at.space))
    return np.kron(np.eye(at.k.shape[-1] // locations), np.full((1, locations), 1 / locations))


def _over_spread(k: np.ndarray) -> np.ndarray:
    """E[x xᵀ / mean(x²)] for normal x of covariance k, by 1/m = ∫ exp(−s m) ds."""
    values, vectors = np.linalg.eigh(k)
    scale = max(values.mean(), 1e-300)
    values = np.maximum(values, 0) / scale
    t, w = legendre(120)
    t, w = (t + 1) / 2, w / 2
    u = t / (1 - t)
    grown = 1 + 2 * u[:, None] ** 2 * values / len(k)
    density = w * 2 * u / (1 - t) ** 2 * np.exp(-np.log(grown).sum(1) / 2)
    return (vectors * (density @ (values / grown))) @ vectors.T


class Finite:
    """The rules of sampled networks: activations (draws, N, items), all weights drawn anew.

    A fresh matrix acts on K items through the directions that they span, as in `_finite`, of which
    this is the same in NumPy: nothing is compiled for a network that is looked at once.

    Args:
        jet: φ and φ′ in NumPy.
        generator: of all weights and biases.
        width: features of each affine layer; may be changed on the way.
        orthogonal: whether weights are Haar orthogonal, else Gaussian.
    """

    def __init__(
        self, jet: Jet, generator: np.random.Generator, width: int, orthogonal: bool = True
    ):
        self.jet, self.generator, self.width = jet, generator, width
        self.orthogonal = orthogonal

    def elementwise(self, part: Any, at: Gram) -> Gram:
        """φ of each entry."""
        return at._replace(k=self.jet(at.k)[0])

    def affine(self, part: parts.Affine, at: Gram) -> Gram:
        """Fresh weights, by what they do to the items at hand alone."""
        items, space = _strided(part, at)
        x = at.k[..., items]
        normal = self.generator.normal(size=x.shape)
        frame = normal / x.shape[-2] ** 0.5
        if self.orthogonal:
            frame, own = np.linalg.qr(normal)
            # Without the signs the law is not Haar's.
            frame = frame * np.sign(np.diagonal(own, axis1=-2, axis2=-1))[..., None, :]
        outputs = (frame @ np.linalg.qr(x, mode="r"))[..., : self.width, :]
        bias = part.bias * self.generator.normal(size=(*outputs.shape[:-1], 1))
        return Gram(part.gain * outputs + bias, None, space)

    def layer_norm(self, part: Any, at: Gram) -> Gram:
        """Over features."""
        return at._replace(k=_standard(at.k, -2))

    def batch_norm(self, part: Any, at: Gram) -> Gram:
        """Over items."""
        return at._replace(k=_standard(at.k, -1))

    def mean_pool(self, part: Any, at: Gram) -> Gram:
        """Means over locations."""
        return Gram(at.k @ _pooling(at).T, None, ())

    def add(self, part: parts.Sum, states: Sequence[Gram]) -> Gram:
        """The sum itself."""
        total: Any = sum(w * each.k for w, each in zip(part.weights, states, strict=True))
        return states[0]._replace(k=total)

    def concatenate(self, part: Any, states: Sequence[Gram]) -> Gram:
        """Side by side."""
        return states[0]._replace(k=np.concatenate([each.k for each in states], -2))


def _standard(x: np.ndarray, axis: int) -> np.ndarray:
    x = x - np.mean(x, axis=axis, keepdims=True)
    return x / np.sqrt(np.mean(x**2, axis=axis, keepdims=True) + 1e-6)
