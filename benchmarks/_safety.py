"""Where CDAT explodes and where not: three small models, five bases, the whole data and batches.

A run has exploded if its last loss, on all data, is no number or above its first. The second table
is the price of safety: the least late loss of the guarded rule over that of the paper's. What was
measured is in `tuners.md`.
"""

import statistics
import sys
from functools import partial
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.flatten_util import ravel_pytree

from curvkit import data, tuners
from curvkit.curvature import _network as network
from curvkit.curvature import _rules as rules

SEEDS, BATCH, WINDOW = 5, 16, 50
TEXT = Path(__file__).parents[1] / "LICENSE"
BASES = {
    "gd": optax.identity,
    "momentum": partial(optax.trace, 0.9),
    "rmsprop": optax.scale_by_rms,
    "adam": optax.scale_by_adam,
    "lion": optax.scale_by_lion,
}
RULES = {
    "the paper's": partial(tuners.cdat, guard=False),
    "guarded": tuners.cdat,
}


def perceptron(criterion=network.mean_squared_error, initialization="lecun"):
    """The room's own network: 64-32-32-10, tanh, on 200 digits."""
    inputs, targets = (jnp.asarray(each) for each in data.digits(200))
    sizes = [64, 32, 32, 10]
    layers = network.unflattened(sizes)
    draw = lambda key: network.mlp(key, sizes, initialization)

    def loss(params, rows):
        outputs = network.predict(layers(params), inputs[rows], "tanh")
        return criterion(outputs, targets[rows])

    return draw, loss, 200


def residual(channels=8):
    """A convolution and two residual blocks of 8 channels, on 64 digits of 8 × 8."""
    inputs, targets = (jnp.asarray(each) for each in data.digits(64))
    inputs, labels = inputs.reshape(-1, 8, 8, 1), jnp.argmax(targets, 1)

    def draw(key):
        keys = iter(jax.random.split(key, 6))
        he = lambda *shape: jax.random.normal(next(keys), shape) * (2 / shape[0]) ** 0.5
        inside = [(he(9 * channels, channels), he(9 * channels, channels)) for _ in range(2)]
        return dict(stem=he(9, channels), blocks=inside, out=he(channels, 10), bias=jnp.zeros(10))

    unravel = ravel_pytree(draw(jax.random.key(0)))[1]

    def convolved(x, kernel):
        # As shifted products: a convolution with a kernel for each seed is slow on CPUs.
        padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)))
        at = lambda i, j: padded[:, i : i + x.shape[1], j : j + x.shape[2]]
        return jnp.concatenate([at(i, j) for i in range(3) for j in range(3)], -1) @ kernel

    def loss(params, rows):
        params = unravel(params)
        hidden = convolved(inputs[rows], params["stem"])
        hidden = hidden.reshape(-1, 4, 2, 4, 2, channels).mean((2, 4))
        for first, second in params["blocks"]:
            inner = convolved(jax.nn.relu(hidden), first)
            hidden = hidden + convolved(jax.nn.relu(inner), second)
        outputs = jax.nn.relu(hidden).mean((1, 2)) @ params["out"] + params["bias"]
        return optax.softmax_cross_entropy_with_integer_labels(outputs, labels[rows]).mean()

    return draw, loss, 64


def transformer(width=32, heads=2, context=32, count=24):
    """Two layers of attention on the characters of the licence, 24 pieces of 32."""
    text = TEXT.read_text()
    known = sorted(set(text))
    numbers = np.array([known.index(each) for each in text])
    pieces = jnp.asarray(np.stack([numbers[i * 300 :][: context + 1] for i in range(count)]))
    mask = jnp.tril(jnp.ones((context, context), bool))

    def draw(key):
        keys = iter(jax.random.split(key, 20))
        plain = lambda *shape: jax.random.normal(next(keys), shape)
        lecun = lambda *shape: plain(*shape) * shape[0] ** -0.5
        block = lambda: dict(
            qkv=lecun(width, 3 * width), out=lecun(width, width), up=lecun(width, 4 * width),
            down=lecun(4 * width, width), gains=jnp.ones((2, width)),
        )  # fmt: skip
        places, signs = 0.5 * plain(context, width), 0.5 * plain(len(known), width)
        last = dict(gain=jnp.ones(width), out=lecun(width, len(known)))
        return dict(places=places, signs=signs, blocks=[block(), block()], last=last)

    unravel = ravel_pytree(draw(jax.random.key(0)))[1]

    def normed(x, gain):
        x = x - x.mean(-1, keepdims=True)
        return gain * x * jax.lax.rsqrt((x**2).mean(-1, keepdims=True) + 1e-5)

    def attended(x, block):
        shape = (len(x), context, 3 * heads, width // heads)
        query, key, value = jnp.split((x @ block["qkv"]).reshape(shape), 3, 2)
        scores = jnp.einsum("nthd,nshd->nhts", query, key) * (width // heads) ** -0.5
        shares = jax.nn.softmax(jnp.where(mask, scores, -1e9), -1)
        return jnp.einsum("nhts,nshd->nthd", shares, value).reshape(x.shape) @ block["out"]

    def loss(params, rows):
        params, seen = unravel(params), pieces[rows]
        x = params["signs"][seen[:, :-1]] + params["places"]
        for block in params["blocks"]:
            x = x + attended(normed(x, block["gains"][0]), block)
            x = x + jax.nn.gelu(normed(x, block["gains"][1]) @ block["up"]) @ block["down"]
        outputs = normed(x, params["last"]["gain"]) @ params["last"]["out"]
        return optax.softmax_cross_entropy_with_integer_labels(outputs, seen[:, 1:]).mean()

    return draw, loss, count


MODELS = {"perceptron": perceptron, "residual": residual, "transformer": transformer}
STEPS = {"perceptron": 200, "residual": 200, "transformer": 150}


def trained(problem, methods, batch, steps, seeds=SEEDS):
    """First and last loss on all data, and the losses seen, of each method and seed."""
    draw, loss, count = problem
    everything = jnp.arange(count)

    def run(method, key):
        def one(carry, number):
            params, state = carry
            drawn = jax.random.fold_in(key, number)
            rows = jax.random.choice(drawn, count, (batch,), replace=False) if batch else everything
            seen = lambda params: loss(params, rows)
            value, grads = jax.value_and_grad(seen)(params)
            updates, state = method.update(grads, state, params, value_fn=seen, value=value)
            return (optax.apply_updates(params, updates), state), value

        params = ravel_pytree(draw(key))[0]
        (after, _), values = jax.lax.scan(one, (params, method.init(params)), jnp.arange(steps))
        return loss(params, everything), loss(after, everything), values

    keys = jax.random.split(jax.random.key(1), seeds)
    many = [jax.jit(jax.vmap(partial(run, method)))(keys) for method in methods]
    return [jax.device_get(each) for each in many]


def explosions(quick, log):
    """A row for each model, base and batch: how many of the seeds explode, by the rule."""
    rows = []
    seeds = 2 if quick else SEEDS
    for name, make in MODELS.items():
        problem, steps = make(), 60 if quick else STEPS[name]
        for base, direction in BASES.items():
            for batch in (0, BATCH):
                methods = [rule(direction()) for rule in RULES.values()]
                found = trained(problem, methods, batch, steps, seeds)
                lost = [int(np.sum(~(last <= first))) for first, last, _ in found]
                ends = [f"{np.median(last / first):.2g}" for first, last, _ in found]
                told = [f"{n} · {end}" for n, end in zip(lost, ends, strict=True)]
                rows.append((f"{name}, {base}", str(batch) if batch else "all", *told))
                log(" | ".join(rows[-1]))
    return ("exploded · median of last over first", "batch", *RULES), rows


def prices(quick, log):
    """A row for each of the room's own runs: the least late losses, and their ratio."""
    seeds, steps = (2, 300) if quick else (SEEDS, 1000)
    cases = [("gd", "mse"), ("heavy_ball", "mse"), ("rmsprop", "mse"), ("adam", "mse"),
             ("gd", "cross_entropy"), ("heavy_ball", "cross_entropy"), ("adam", "cross_entropy"),
             ]  # fmt: skip
    criteria = {"mse": network.mean_squared_error, "cross_entropy": smoothed}
    rows = []
    for base, criterion in cases:
        direction = rules.direction(base, 0.9, 0.99)
        methods = [RULES["the paper's"](direction), RULES["guarded"](direction)]
        found = trained(perceptron(criteria[criterion]), methods, 0, steps, seeds)
        late = [np.min(values[:, -WINDOW:], axis=1) for *_, values in found]
        plain, guarded = (statistics.median(map(float, each)) for each in late)
        spread = f"{late[0].min():.2e} to {late[0].max():.2e}"
        rows.append((f"{base}, {criterion}", f"{plain:.3e}", spread, f"{guarded:.3e}",
                     f"{guarded / plain:.2f}"))  # fmt: skip
        log(" | ".join(rows[-1]))
    columns = ("least late loss", "the paper's", "its seeds", "guarded", "ratio")
    return columns, rows


def smoothed(outputs, targets):
    """Cross-entropy with a tenth of label smoothing, as the room has it."""
    return network.cross_entropy(outputs, 0.9 * targets + 0.1 / targets.shape[1])


if __name__ == "__main__":
    sys.exit("Call benchmarks/tuners.py --safety.")
