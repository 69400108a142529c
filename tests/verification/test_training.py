"""Training: networks that begin alike and differ in what their loss takes."""

import jax.numpy as jnp
import numpy as np

from curvkit.verification import _training as training
from curvkit.verification._networks import outputs


def off_by(weights, x, y, way, share):
    """The mean squared error to `way` times y."""
    return jnp.mean((training.predicted(weights, x) - way * y) ** 2)


def test_each_way_trains_a_network_to_its_own_end():
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (257, 1)).astype(np.float32)
    recipe = training.Recipe(batch=32, steps=300, rate=1e-2)
    ways = np.array([1.0, -2.0], np.float32)
    nets = training.trained(off_by, training.initial(random, (1, 16, 1)), (x, x), ways, recipe)
    for way, net in zip(ways, nets, strict=True):
        found = np.array([outputs(net, each) for each in x[:20]])
        # A line is learnt to a few hundredths of its size.
        assert np.max(np.abs(found - way * x[:20])) < 0.1 * abs(way)
