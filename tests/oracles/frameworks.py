"""One small network in five frameworks, each as parameters, a loss of them, and the data."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp

from curvkit import data

WIDTH = 5


def batch():
    """Twelve points of a polynomial, as inputs and targets."""
    return tuple(jnp.asarray(each) for each in data.chebyshev(4, 12))


def made(params, predict):
    """What a test takes of a model."""

    def loss(params, batch):
        inputs, targets = batch
        return 0.5 * jnp.mean(jnp.sum((predict(params, inputs) - targets) ** 2, axis=-1))

    return SimpleNamespace(params=params, loss=loss, batch=batch())


def plain():
    first, second = (jax.random.normal(jax.random.key(n), (1 if n else WIDTH,)) for n in (0, 1))
    params = {
        "hidden": {"w": first[None], "b": 0.1 * first},
        "out": {"w": first[:, None] / 2, "b": second},
    }

    def predict(p, x):
        hidden = jnp.tanh(x @ p["hidden"]["w"] + p["hidden"]["b"])
        return hidden @ p["out"]["w"] + p["out"]["b"]

    return made(params, predict)


def haiku_style():
    """`init` and `apply` functions, as Haiku's transform gives, with an integer in the params."""
    parts = plain()
    params = {**parts.params, "calls": jnp.array(3)}
    apply = lambda p, batch: parts.loss({k: v for k, v in p.items() if k != "calls"}, batch)
    return SimpleNamespace(params=params, loss=apply, batch=parts.batch)


def linen():
    from flax import linen as nn

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            return nn.Dense(1)(nn.tanh(nn.Dense(WIDTH)(x)))

    net = Net()
    params = net.init(jax.random.key(0), batch()[0])
    return made(params, net.apply)


def nnx_net(**norm):
    from flax import nnx

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.hidden = nnx.Linear(1, WIDTH, rngs=rngs)
            self.norm = nnx.BatchNorm(WIDTH, rngs=rngs, **norm)
            self.out = nnx.Linear(WIDTH, 1, rngs=rngs)

        def __call__(self, x):
            return self.out(nnx.tanh(self.norm(self.hidden(x))))

    return nnx, Net(nnx.Rngs(0))


def nnx():
    nnx, net = nnx_net(use_running_average=True)
    graph, params, rest = nnx.split(net, nnx.Param, ...)
    return made(params, lambda params, x: nnx.merge(graph, params, rest)(x))


def nnx_whole():
    """The module itself, whose batch norm changes with each call."""
    return made(nnx_net()[1], lambda net, x: net(x))


def equinox():
    import equinox as eqx

    net = eqx.nn.MLP(1, 1, WIDTH, 1, jnp.tanh, key=jax.random.key(0))
    return made(net, lambda net, x: jax.vmap(net)(x))


KINDS = (plain, haiku_style, linen, nnx, nnx_whole, equinox)
MODELS = {each.__name__: each for each in KINDS}
