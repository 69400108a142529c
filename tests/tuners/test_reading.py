"""What is measured at a reading, on a quadratic where all of it can be said."""

import jax
import jax.numpy as jnp
import numpy as np
from helpers import assert_close

from curvkit.tuners import _reading as readings

BENDS = np.array([9.0, 4.0, 1.0])


def loss(w):
    return 0.5 * jnp.asarray(BENDS, w.dtype) @ w**2


def test_a_reading_of_a_quadratic_is_what_its_formulas_say():
    params, rate = np.array([0.5, -1.0, 2.0], np.float32), 0.1
    weights = np.array([1.0, 0.25, 1.0], np.float32)
    gradient = BENDS * params
    direction = -gradient / weights
    first = readings.First(*map(jnp.asarray, (rate, np.float32(direction), weights)))
    now, key = jnp.asarray(params), jax.random.key(0)
    measured = jax.jit(lambda watch, first: readings.measure(
        loss, loss, now, key, watch, first, weighed=True
    ))  # fmt: skip
    watch, row = measured(readings.blank(now), first)
    # P⁻¹H is diagonal: 9, 16, 1, and its top eigenvector the second axis.
    scaled = gradient / np.sqrt(weights)
    assert_close(row["sharpness"], 9.0, rtol=1e-3)
    assert_close(row["preconditioned_sharpness"], 16.0, rtol=1e-3)
    assert_close(row["scaled_sharpness"], 1.6, rtol=1e-3)
    assert_close(row["alignment"], scaled[1] ** 2 / (scaled @ scaled), rtol=1e-2)
    assert_close(abs(row["offset"]), abs(scaled[1]) / 16.0, rtol=1e-2)
    assert_close(row["numerator"], -gradient @ direction, rtol=1e-5)
    assert_close(row["denominator"], direction @ (BENDS * direction), rtol=1e-5)
    ways = np.linspace(0, 3, readings.PLACES)[:, None] * rate * direction
    assert_close(row["along"], 0.5 * (params + ways) ** 2 @ BENDS, rtol=1e-4)
    # The floor of the valley is where the second axis is at 0.
    floor = float(loss(jnp.asarray(params * [1, 0, 1])))
    assert_close(row["across"][readings.PLACES // 2], floor, rtol=1e-3)
    again = measured(watch._replace(reach=jnp.asarray(10.0)), first)[1]
    assert_close(again["reach"], readings.FORGET * 10.0, rtol=1e-6)
