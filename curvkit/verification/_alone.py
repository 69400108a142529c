"""One box by itself, judged as a cell is, and pendulums that are let go in its middle.

| symbol | name here | shape | source |
| --- | --- | --- | --- |
| θ, ω, δ | `place`: its middle and half its width | (3,) | own form |
| F | the bound and the attack are on | | arXiv 1902.09592, section 4 |
"""

from typing import Any

import jax
import jax.numpy as jnp

from curvkit.verification import _cells as cells
from curvkit.verification import _pendulum as pendulum

# Ten seconds.
STEPS = 200


def fields(model: Any, place: Any, *how: Any) -> dict[str, jax.Array]:
    """What a trace says of the box: its sides, bound, attack and verdict, and who swings from it.

    Args:
        model: the learnt step, as the cells are judged by it.
        place: the angle and the speed of its middle, and half its width.
        how: what `cells.judged` takes further: where the attack looks, tolerance, relaxation.
    """
    box = cells.around(*place)
    bound, seen, _, proved, broken = cells.judged(model, box, *how)
    verdict = jnp.where(broken, cells.VIOLATED, jnp.where(proved, cells.PROVED, cells.OPEN))
    theta, omega = (jnp.asarray(each, jnp.float32) for each in place[:2])
    angle, speed = pendulum.let_go(model, theta, omega, STEPS)
    return {
        "box": box[0],
        "box_bound": bound[0],
        "box_attack": seen[0],
        "box_verdict": verdict[0],
        "swing_angle": angle.astype(jnp.float32),
        "swing_speed": speed.astype(jnp.float32),
    }
