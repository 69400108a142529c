"""Maps of deep networks the slow way: dense grids of two normal variables, layer by layer."""

import functools

import numpy as np
from scipy.integrate import quad


@functools.cache
def grid(nodes=240):
    z, w = np.polynomial.hermite_e.hermegauss(nodes)
    return z, w / w.sum()


def smooth(function, q, c):
    """E[φ(u)²] and E[φ(u) φ(v)] by Gauss and Hermite's rule in both variables."""
    z, w = grid()
    u, v = np.sqrt(q) * z[:, None], np.sqrt(q) * (c * z[:, None] + np.sqrt(1 - c**2) * z)
    return w @ function(np.sqrt(q) * z) ** 2, w @ (function(u) * function(v)) @ w


def relu(q, c):
    """The arc-cosine kernel of Cho and Saul 2009."""
    angle = np.arccos(np.clip(c, -1, 1))
    return q / 2, q * (np.sin(angle) + (np.pi - angle) * np.cos(angle)) / (2 * np.pi)


def halves(function, q, c):
    """E[φ(u) φ(v)] where φ bends at 0 alone: inner integrals are cut where v changes its sign."""
    density = lambda z: np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    root, s = np.sqrt(q), np.sqrt(1 - c**2)
    x, w = np.polynomial.legendre.leggauss(80)

    def inner(first):
        cut = np.clip(-c * first / s, -9, 9) if s else -9.0
        total = 0.0
        for low, high in ((-9.0, cut), (cut, 9.0)):
            z = low + (high - low) * (x + 1) / 2
            value = function(root * (c * first + s * z)) * density(z)
            total += (high - low) / 2 * (value @ w)
        return total

    whole = lambda z: function(root * z) * inner(z) * density(z)
    square = lambda z: function(root * z) ** 2 * density(z)
    parts = ((-9, 0), (0, 9))
    integral = lambda f: sum(quad(f, *part, epsabs=1e-12, epsrel=1e-11)[0] for part in parts)
    return integral(square), integral(whole)


def selu(x):
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))


def chain(pair, depth, c, gain=1.0, bias=0.0, centred=False):
    """Mean square and cosine after each φ and an affine layer, over again."""
    q = 1.0
    for _ in range(depth):
        square, product = pair(q, c)
        if centred:
            mean = pair(q, 0.0)[1]
            square, product = square - mean, product - mean
            square, product = 1.0, product / square
        q, k = gain**2 * square + bias**2, gain**2 * product + bias**2
        c = k / q
    return q, c


def erf_pair(q, c):
    """Williams 1997: E[erf(u) erf(v)] = 2/π arcsin(2qc / (1 + 2q))."""
    of = lambda c: 2 / np.pi * np.arcsin(2 * q * c / (1 + 2 * q))
    return of(1.0), of(c)
