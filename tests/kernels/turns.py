"""Examples of the kernels room's functions, and other values of their keywords."""

import jax
import jax.numpy as jnp
import numpy as np
from turning import Beside, Turn

from curvkit import kernels

KEY = jax.random.key(0)
BLOCK = kernels.Chain((kernels.Nonlinear(), kernels.Nonlinear()))


def bent(x):
    """Bends at 0.3, which a rule of few nodes does not see."""
    return np.maximum(x - 0.3, 0)


def cosines(network):
    """What a network of tanh layers does to a cosine."""
    made = kernels.shape("tanh", network)
    return made.alpha, made.beta, made.gamma, made.delta


def shaped(given="softplus", network=None, **options):
    made = kernels.shape(given, network, **({} if network else {"depth": 20}) | options)
    return made.alpha, made.beta, made.gamma, made.delta


def built(**options):
    made = kernels.build(BLOCK, **{"given": "tanh", "width": 4, **options})
    x = jnp.arange(6.0).reshape(2, 3)
    return made.apply(made.init(KEY, x), x)


def checked(**options):
    x = jnp.eye(3)
    model = lambda x: jnp.ones((3, 8))
    return kernels.check(model, BLOCK, x, **{"given": "tanh", **options})


FOUR = jnp.arange(12.0).reshape(4, 3)
SMALL = kernels.Chain((kernels.Nonlinear(),)).build("tanh", width=3, outputs=2)
PARAMS = SMALL.init(KEY, FOUR)


def factors(**options):
    return kernels.kronecker_factors(SMALL, PARAMS, FOUR, **options)


def moved(**options):
    """The third update of K-FAC, with other gradients and factors at each."""
    # No step is shortened, and each has its own inverses, but where that is turned.
    method = kernels.kfac(**{"learning_rate": 0.1, "clip": 1e3, "every": 1, **options})
    state = method.init(PARAMS)
    for step in range(1, 4):
        gradient = jax.tree.map(lambda leaf, by=step: by * leaf, PARAMS)
        given = jax.tree.map(lambda leaf, by=step: by * leaf, factors())
        updates, state = method.update(gradient, state, factors=given)
    return updates


TURNS = {
    "c_map": Turn(
        lambda **given: kernels.c_map(bent, 0.5, **given), dict(q=2.0, terms=4, cuts=(0.3,))
    ),
    "hermite_weights": Turn(
        lambda **given: kernels.hermite_weights(bent, **given),
        dict(q=2.0, terms=4, cuts=(0.3,)),
    ),
    "q_map": Turn(
        lambda **given: kernels.q_map(bent, jnp.array(2.0), **given)
        if not given
        else kernels.q_map(bent, 2.0, **given),
        dict(cuts=(0.3,)),
    ),
    "delta_orthogonal": Turn(
        lambda **given: kernels.delta_orthogonal(**given)(KEY, (3, 2, 2)), dict(scale=2.0)
    ),
    "orthogonal": Turn(lambda **given: kernels.orthogonal(**given)(KEY, (2, 2)), dict(scale=2.0)),
    "normalize_locations": Turn(
        lambda **given: kernels.normalize_locations(jnp.arange(6.0).reshape(2, 3), **given),
        dict(homogeneous="off", scale=2.0),
    ),
    "residual": Turn(
        lambda **given: cosines(kernels.residual(3, **{"weight": 0.8, **given})),
        dict(layers_per_block=3, weight=0.5, final=False),
    ),
    "residual_block": Turn(
        lambda **given: cosines(kernels.residual_block(BLOCK, 0.5, **given)),
        dict(shortcut=kernels.feed_forward(3)),
    ),
    "resnet_v2": Turn(
        lambda **given: cosines(kernels.resnet_v2(**{"weight": 0.8, "blocks": (1, 1), **given})),
        dict(blocks=(1, 2), layers_per_block=2, weight=0.5),
    ),
    "resnet_v1": Turn(
        lambda **given: cosines(kernels.resnet_v1(**{"weight": 0.8, "blocks": (1, 1), **given})),
        dict(blocks=(1, 2), layers_per_block=2, weight=0.5),
    ),
    "build": Turn(
        built,
        dict(given="relu", width=6, outputs=2, initializer=kernels.orthogonal(2.0)),
    ),
    "kronecker_factors": Turn(factors, dict(key=KEY, likelihood="gaussian")),
    "kfac": Turn(
        moved,
        dict(learning_rate=0.01, damping=1.0, momentum=0.5, average=0.2, clip=1e-6, every=2),
    ),
    "check": Turn(checked, dict(given="relu", seed=1)),
    "network_maps": Turn(
        lambda **given: kernels.network_maps(BLOCK, "relu", **given),
        dict(c=(0.3,), q=2.0),
    ),
    "shape": Turn(
        shaped,
        dict(
            depth=30, zeta=2.0, method="tat", network=Beside(BLOCK, {}),
            tau=Beside(0.1, {"method": "tat"}),
            eta=Beside(0.8, {"given": "leaky_relu", "method": "tat"}),
        ),
    ),
}  # fmt: skip
