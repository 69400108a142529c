"""Q and C maps, networks and conditions the slow way: plain sums, loops and dense integrals."""

import itertools

import numpy as np
from scipy.integrate import quad


def expectation(function, cuts=()):
    """E[f(z)] by adaptive quadrature."""
    density = lambda z: np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    inside = [cut for cut in cuts if -12 < cut < 12] or None
    options = dict(points=inside, limit=400, epsabs=1e-13, epsrel=1e-12)
    return quad(lambda z: function(z) * density(z), -12, 12, **options)[0]


def c_map(function, c, nodes=2001):
    """C(c) from both integrals, over a grid of pairs of independent normals."""
    z = np.linspace(-9, 9, nodes)
    weight = np.exp(-(z**2) / 2)
    weight /= weight.sum()
    total = 0.0
    for first, mass in zip(z, weight, strict=True):
        second = c * first + np.sqrt(1 - c**2) * z
        total += mass * function(first) * (function(second) @ weight)
    return total / (function(z) ** 2 @ weight)


def conditions(function, derivative, second=None, cuts=()):
    """Q(1), Q′(1), C(0), C′(1) and C″(1) of a function, each by adaptive quadrature."""
    q = expectation(lambda z: function(z) ** 2, cuts)
    found = {
        "Q(1)": q,
        "Q′(1)": expectation(lambda z: function(z) * derivative(z) * z, cuts),
        "C(0)": expectation(function, cuts) ** 2 / q,
        "C′(1)": expectation(lambda z: derivative(z) ** 2, cuts) / q,
    }
    if second is not None:
        found["C″(1)"] = expectation(lambda z: second(z) ** 2, cuts) / q
    return found


def feed_forward(maps):
    """The composition of a list of maps, as a function."""

    def through(c):
        for each in maps:
            c = each(c)
        return c

    return through


def largest_run(blocks, start, layer):
    """M over all runs of consecutive blocks and of consecutive layers within any branch.

    `blocks` is a list of None (one layer) and of pairs (w, p), a residual block of p layers.
    """
    best = -np.inf
    for i, j in itertools.combinations(range(len(blocks) + 1), 2):
        x = start
        for block in blocks[i:j]:
            if block is None:
                x = layer(x)
                continue
            weight, number = block
            branch = x
            for _ in range(number):
                branch = layer(branch)
            x = weight**2 * x + (1 - weight**2) * branch
        best = max(best, x)
    for block in blocks:
        if block is not None:
            for number in range(1, block[1] + 1):
                x = start
                for _ in range(number):
                    x = layer(x)
                best = max(best, x)
    return best


def network_of_matrices(generator, inputs, depth, function, orthogonal):
    """A network's last layer with its weight matrices drawn and multiplied, (N, K)."""
    x = inputs
    width = len(x)
    for _ in range(depth):
        weight = generator.normal(size=(width, width))
        if orthogonal:
            q, r = np.linalg.qr(weight)
            weight = q * np.sign(np.diag(r))
        else:
            weight = weight / np.sqrt(width)
        x = function(weight @ x)
    return x


def tangent_kernel(layer, slope, c, depth):
    """Θ over the width as the sum over layers of what each weight matrix contributes."""
    cosines = [c]
    for _ in range(depth):
        cosines.append(layer(cosines[-1]))
    total = cosines[-1]
    for first in range(1, depth + 1):
        product = cosines[first - 1]
        for at in range(first, depth + 1):
            product *= slope(cosines[at - 1])
        total += product
    return total
