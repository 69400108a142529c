"""Bounds of ReLU networks by loops in NumPy, and the triangle relaxation as a linear program."""

import numpy as np
from scipy.optimize import linprog

from curvkit.verification import box, network


def drawn(seed, widths=(3, 12, 9, 4)):
    """A random ReLU network, and a box around a random point."""
    random = np.random.default_rng(seed)
    layers = []
    for inner, outer in zip(widths, widths[1:], strict=False):
        layers += [(random.normal(size=(outer, inner)) / inner**0.5, random.normal(size=outer) / 3)]
        layers += ["relu"]
    centre, radius = random.normal(size=widths[0]), random.uniform(0.02, 0.8)
    return network(layers[:-1]), box(centre - radius, centre + radius)


def interval(layers, lower, upper):
    """Bounds of the outputs, one weight at a time."""
    for layer in layers:
        if layer == "relu":
            lower, upper = np.maximum(lower, 0), np.maximum(upper, 0)
            continue
        weight, bias = layer
        low, high = np.array(bias, float), np.array(bias, float)
        for i, j in np.ndindex(*weight.shape):
            ends = weight[i, j] * lower[j], weight[i, j] * upper[j]
            low[i], high[i] = low[i] + min(ends), high[i] + max(ends)
        lower, upper = low, high
    return lower, upper


def entering(layers, lower, upper, choice):
    """CROWN's bounds of what enters each ReLU, by its place in the list."""
    found = {}
    for at, layer in enumerate(layers):
        if layer == "relu":
            found[at] = crown(layers[:at], lower, upper, choice, found)
    return found


def crown(layers, lower, upper, choice="adaptive", found=None):
    """Bounds of the outputs: each one substituted backwards, one neuron at a time."""
    found = entering(layers, lower, upper, choice) if found is None else found
    width = len(next(each[1] for each in reversed(layers) if each != "relu"))
    ends = np.array([
        [sign * _top(layers, lower, upper, choice, found, sign * row) for sign in (-1, 1)]
        for row in np.eye(width)
    ])  # fmt: skip
    return ends[:, 0], ends[:, 1]


def _top(layers, lower, upper, choice, found, row):
    constant = 0.0
    for at in reversed(range(len(layers))):
        if layers[at] != "relu":
            weight, bias = layers[at]
            constant, row = constant + row @ bias, row @ weight
            continue
        row = row.copy()
        for i, (low, high) in enumerate(zip(*found[at], strict=True)):
            if high <= 0:
                row[i] = 0
            elif low < 0 and row[i] > 0:
                slope = high / (high - low)
                constant -= row[i] * slope * low
                row[i] *= slope
            elif low < 0:
                slope = {"zero": 0, "one": 1, "adaptive": 1 if high >= -low else 0}[choice]
                row[i] *= slope
    return constant + sum(max(r * a, r * b) for r, a, b in zip(row, lower, upper, strict=True))


def program(layers, lower, upper, row, found):
    """The largest value of `row` times the outputs under the triangles, by HiGHS."""
    ends = [(a, b) for a, b in zip(lower, upper, strict=True)]
    now, equal, above = list(range(len(lower))), [], []
    for at, layer in enumerate(layers):
        if layer != "relu":
            new = [len(ends) + i for i in range(len(layer[1]))]
            ends += [(None, None)] * len(new)
            for i, name in enumerate(new):
                terms = [(name, 1.0), *((j, -w) for j, w in zip(now, layer[0][i], strict=True))]
                equal.append((terms, layer[1][i]))
            now = new
            continue
        new = []
        for z, low, high in zip(now, *found[at], strict=True):
            h = len(ends)
            ends.append((0, None))
            new.append(h)
            if high <= 0:
                equal.append(([(h, 1.0)], 0.0))
            elif low >= 0:
                equal.append(([(h, 1.0), (z, -1.0)], 0.0))
            else:
                slope = high / (high - low)
                above.append(([(z, 1.0), (h, -1.0)], 0.0))
                above.append(([(h, 1.0), (z, -slope)], -slope * low))
        now = new
    cost = np.zeros(len(ends))
    cost[now] = -np.asarray(row)
    (a, b), (c, d) = _matrix(above, len(ends)), _matrix(equal, len(ends))
    solved = linprog(cost, A_ub=a, b_ub=b, A_eq=c, b_eq=d, bounds=ends, method="highs")
    assert solved.status == 0, solved.message
    return -solved.fun


def _matrix(rows, width):
    if not rows:
        return None, None
    matrix = np.zeros((len(rows), width))
    for at, (terms, _) in enumerate(rows):
        for name, value in terms:
            matrix[at, name] += value
    return matrix, np.array([right for _, right in rows])
