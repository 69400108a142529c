"""Gauss-Newton blocks by differences of forward passes, and K-FAC as a plain loop in NumPy."""

import numpy as np


def forward(params, x):
    """The outputs of the tests' network, by hand: stem, 0.6 x + 0.8 branch(x), end."""
    stem, (_, branch), _, end = params
    dense = lambda h, own: h @ np.asarray(own["weight"]) + np.asarray(own["bias"])
    h = dense(x, stem)
    h = 0.6 * h + 0.8 * dense(np.tanh(h), branch)
    return dense(np.tanh(h), end)


def hessian(outputs, likelihood):
    """Of −log p by the outputs of one example."""
    if likelihood == "gaussian":
        return np.eye(len(outputs))
    chances = np.exp(outputs - outputs.max())
    chances = chances / chances.sum()
    return np.diag(chances) - np.outer(chances, chances)


def blocks(built, params, x, likelihood, step=1e-6):
    """Jᵀ H J of each layer's (weight, bias), (in + 1) · out in that order, mean over examples."""
    stem, sums, nothing, end = params
    own = [dict(each) for each in (stem, sums[1], end)]
    found = []
    for at, layer in enumerate(own):
        whole = np.concatenate([layer["weight"], layer["bias"][None]], 0)

        def outputs(flat, at=at, shape=whole.shape):
            made = [dict(each) for each in own]
            square = flat.reshape(shape)
            made[at] = {"weight": square[:-1], "bias": square[-1]}
            return forward([made[0], (sums[0], made[1]), nothing, made[2]], x)

        flat = whole.ravel()
        rows = [(outputs(flat + step * e) - outputs(flat - step * e)) / (2 * step)
                for e in np.eye(len(flat))]  # fmt: skip
        jacobian, at_rest = np.moveaxis(rows, 0, -1), outputs(flat)
        each = zip(jacobian, at_rest, strict=True)
        found.append(np.mean([j.T @ hessian(y, likelihood) @ j for j, y in each], axis=0))
    np.testing.assert_allclose(forward(params, x), built.apply(params, x), atol=1e-6)
    return found


class Plain:
    """K-FAC on a list of layers, one matrix after another, with NumPy's inverse."""

    def __init__(self, rate, damping, momentum, average, clip, every):
        self.rate, self.damping, self.momentum = rate, damping, momentum
        self.average, self.clip, self.every = average, clip, every
        self.count = self.shortened = 0

    def step(self, gradients, factors):
        arrays = lambda rows: [{n: np.asarray(v, float) for n, v in row.items()} for row in rows]
        gradients, factors = arrays(gradients), arrays(factors)
        if not self.count:
            self.means = factors
            self.velocity = [{n: 0 * v for n, v in row.items()} for row in gradients]
        keep = min(1 - 1 / (self.count + 1), self.average)
        self.means = [{n: keep * old[n] + (1 - keep) * new[n] for n in old}
                      for old, new in zip(self.means, factors, strict=True)]  # fmt: skip
        if self.count % self.every == 0:
            self.damped = [self.inverses(mean) for mean in self.means]
        self.count += 1
        natural = []
        for own, (left, right) in zip(gradients, self.damped, strict=True):
            made = left @ np.concatenate([own["weight"], own["bias"][None]], 0) @ right
            natural.append({"weight": made[:-1], "bias": made[-1]})
        size = sum((n[k] * g[k]).sum() for n, g in zip(natural, gradients, strict=True) for k in g)
        shorter = min(1.0, (self.clip / (self.rate**2 * size)) ** 0.5)
        self.shortened += shorter < 1
        self.velocity = [
            {k: self.momentum * v[k] - self.rate * shorter * n[k] for k in v}
            for v, n in zip(self.velocity, natural, strict=True)
        ]
        return self.velocity

    def inverses(self, mean):
        a, g = mean["inputs"], mean["outputs"]
        balance = np.sqrt((np.trace(a) / len(a)) / (np.trace(g) / len(g)))
        root = self.damping**0.5
        return (np.linalg.inv(a + balance * root * np.eye(len(a))),
                np.linalg.inv(g + root / balance * np.eye(len(g))))  # fmt: skip


def convolution(params, inner):
    """A and G of the middle layer of (dense, tanh, window of 3, tanh, mean, dense) on a line."""
    window, end = params[2], params[-1]
    weight, bias = np.asarray(window["weight"]), np.asarray(window["bias"])
    number, places, features = inner.shape
    wide = np.concatenate(
        [np.zeros((number, 1, features)), inner, np.zeros((number, 1, features))], 1
    )
    inputs = outputs = 0.0
    for example in range(number):
        for place in range(places):
            seen = wide[example, place : place + 3]
            along = np.append(seen.ravel(), 1.0)
            inputs = inputs + np.outer(along, along) / number
            s = np.einsum("wi,wio->o", seen, weight) + bias
            # d outputs / d s through tanh, the mean over places, and the end.
            back = (1 - np.tanh(s) ** 2)[:, None] / places * np.asarray(end["weight"])
            outputs = outputs + back @ back.T / (number * places)
    return inputs, outputs
