"""Relaxations of whole networks as convex programs, written out for cvxpy and Clarabel."""

import cvxpy
import numpy as np
from oracles.linear_bounds import entering


def triangles(layers, lower, upper):
    """Variables for the inputs, an expression for the outputs, and the triangles between."""
    found = entering(layers, lower, upper, "adaptive")
    x = cvxpy.Variable(len(lower))
    now, limits = x, [x >= lower, x <= upper]
    for at, layer in enumerate(layers):
        if layer != "relu":
            now = layer[0] @ now + layer[1]
            continue
        h = cvxpy.Variable(now.shape[0])
        for i, (low, high) in enumerate(zip(*found[at], strict=True)):
            if high <= 0:
                limits.append(h[i] == 0)
            elif low >= 0:
                limits.append(h[i] == now[i])
            else:
                limits += [h[i] >= 0, h[i] >= now[i], h[i] <= high / (high - low) * (now[i] - low)]
        now = h
    return x, now, limits


def solved(objective, limits):
    """The largest value."""
    problem = cvxpy.Problem(cvxpy.Maximize(objective), limits)
    problem.solve(solver=cvxpy.CLARABEL)
    assert problem.status == "optimal", problem.status
    return float(problem.value)


def energy_growth(layers, lower, upper, gravity, scale, ends):
    """The quadratic program: g(h' - h) + scale (o'² - o²) with the secant of o'² between `ends`."""
    x, y, limits = triangles(layers, lower, upper)
    low, high = ends
    secant = (low + high) * y[2] - low * high
    limits += [y[2] >= low, y[2] <= high]
    return solved(gravity * (y[1] - x[1]) + scale * (secant - cvxpy.square(x[2])), limits)


def exponentials(layers, lower, upper, c, rows, ends):
    """The program over exponential cones: chords where c > 0, the exponential itself elsewhere."""
    _, y, limits = triangles(layers, lower, upper)
    z, total = rows @ y, 0
    for at, (weight, low, high) in enumerate(zip(c, *ends, strict=True)):
        limits += [z[at] >= low, z[at] <= high]
        if weight > 0:
            slope = (np.exp(high) - np.exp(low)) / (high - low) if high > low else 0.0
            total += weight * (np.exp(low) + slope * (z[at] - low))
        else:
            total += weight * cvxpy.exp(z[at])
    return solved(total, limits)
