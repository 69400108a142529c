"""SAM by hand, in double precision: loops on a quadratic and on a network, and a bisected edge.

Nothing here comes from the room: gradients of the quadratic are H w, those of the network are
backpropagation by hand, and an edge is where a step begins to grow.
"""

import numpy as np


def descend(matrix: np.ndarray, start: np.ndarray, rate: float, rho: float, steps: int):
    """SAM on ½ wᵀHw, both halves of each step written out; every w, (steps + 1, P)."""
    path = [np.array(start, np.float64)]
    for _ in range(steps):
        w = path[-1]
        gradient = matrix @ w
        length = np.sqrt(sum(each**2 for each in gradient))
        there = w + rho * gradient / length if length > 0 else w
        path.append(w - rate * (matrix @ there))
    return np.array(path)


def edge(length: float, rate: float, rho: float) -> float:
    """The sharpness from which on a step of SAM leads further out, its gradient held at a length.

    Along one eigendirection: w goes to w − η λ (w + ρ λ w / length). Bisected, to rounding.
    """

    def grows(sharpness):
        there = 1.0 + rho * sharpness / length
        return abs(1.0 - rate * sharpness * there) > 1.0

    low, high = 0.0, 4.0 / rate
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if grows(middle) else (middle, high)
    return (low + high) / 2


def parted(flat: np.ndarray, sizes: list[int]) -> list[tuple[np.ndarray, np.ndarray]]:
    """Weights and biases of each layer, cut off the flat parameters one after another."""
    layers, at = [], 0
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        weight = flat[at : at + inputs * outputs].reshape(inputs, outputs)
        at += inputs * outputs
        layers.append((weight, flat[at : at + outputs]))
        at += outputs
    return layers


def loss_and_gradient(flat, sizes, inputs, targets):
    """Half the mean squared distance of a tanh network, and its gradient by backpropagation."""
    layers, seen = parted(np.asarray(flat, np.float64), sizes), [np.asarray(inputs, np.float64)]
    for weight, bias in layers[:-1]:
        seen.append(np.tanh(seen[-1] @ weight + bias))
    error = seen[-1] @ layers[-1][0] + layers[-1][1] - targets
    value, back, parts = 0.5 * np.sum(error**2) / len(inputs), error / len(inputs), []
    for number in reversed(range(len(layers))):
        parts = [(seen[number].T @ back).ravel(), back.sum(axis=0), *parts]
        back = (back @ layers[number][0].T) * (1 - seen[number] ** 2)
    return value, np.concatenate(parts)


def hessian(flat, sizes, inputs, targets, width: float = 1e-5) -> np.ndarray:
    """The dense Hessian, column by column, from differences of the gradient."""
    flat = np.asarray(flat, np.float64)
    slope = lambda w: loss_and_gradient(w, sizes, inputs, targets)[1]
    columns = [slope(flat + width * e) - slope(flat - width * e) for e in np.eye(len(flat))]
    made = np.array(columns) / (2 * width)
    return (made + made.T) / 2


def train(flat, sizes, inputs, targets, rate: float, rho: float, steps: int) -> np.ndarray:
    """So many steps of SAM on the network; every w, (steps + 1, P)."""
    path = [np.asarray(flat, np.float64)]
    for _ in range(steps):
        gradient = loss_and_gradient(path[-1], sizes, inputs, targets)[1]
        there = path[-1] + rho * gradient / np.linalg.norm(gradient)
        path.append(path[-1] - rate * loss_and_gradient(there, sizes, inputs, targets)[1])
    return np.array(path)
