"""Derivatives by differences, point by point and entry by entry, in double precision NumPy."""

import itertools

import numpy as np


def first(function, x, step=1e-5):
    """(`*out`, `*in`) at one input, by central differences."""
    x = np.asarray(x, float)
    made = np.empty((*np.shape(function(x)), *x.shape))
    for at in itertools.product(*map(range, x.shape)):
        move = np.zeros_like(x)
        move[at] = step
        ends = [np.asarray(function(each), float) for each in (x + move, x - move)]
        made[(..., *at)] = (ends[0] - ends[1]) / (2 * step)
    return made


def second(function, x, step=1e-4):
    """(`*out`, `*in`, `*in`) at one input, by differences of differences."""
    return first(lambda x: first(function, x, step), x, step)


def sobolev(function, x, y, derivatives, weights):
    """The Sobolev loss as a loop over points: means over points and outputs, sums over inputs."""
    total = 0.0
    for i, (point, value) in enumerate(zip(x, y, strict=True)):
        outputs = max(np.size(value), 1)
        total += np.sum((np.asarray(function(point)) - value) ** 2) / outputs
        for take, target, weight in zip((first, second), derivatives, weights, strict=False):
            total += weight * np.sum((take(function, point) - target[i]) ** 2) / outputs
    return total / len(x)
