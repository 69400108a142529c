"""Where roots may lie: starts for Newton's method, and what of them is nearly a root.

| symbol | name | shape |
| --- | --- | --- |
| α, β | `state`: (log α, β, branch, residual) of each start | (starts, 4) |
| the sign of δ's root under TAT | `branch`, 0 under DKS | (starts,) |
| ψ − 1 or C″(1) | `target` | |

Without knowing anything, a grid of starts is led by Newton's method on a coarse rule, all at once,
and those that wander are dropped. As long as α is small, a root moves with its target like
α ∝ √target while β hardly moves, so that roots of a neighbouring target are starts, too.
"""

import numpy as np

from curvkit.kernels import _moments as moments
from curvkit.kernels._activations import Activation
from curvkit.kernels._gauss import cut_rule, hermite_rule

# Newton steps on the coarse rule, and how near two starts count as one.
STEPS, NEAR = 14, 1e-2
# Places of a smooth φ between which a rule is cut where α is so large that they lie close in z.
FEATURES = (-12.0, -4.0, -1.5, -0.5, 0.5, 1.5, 4.0, 12.0)


def wide(base: Activation, target: float, tat: bool, far: bool = False) -> np.ndarray:
    """Starts of the shape (starts, 3) without knowing anything but the size of the target.

    Args:
        base: the activation φ.
        target: ψ − 1 under DKS, x under TAT.
        tat: whether both branches are to be started from.
        far: whether α is to be large.
    """
    pairs = _far() if far else _close(base, target)
    if not tat:
        return np.column_stack([pairs, np.zeros(len(pairs))])
    signs = np.repeat([1.0, -1.0], len(pairs))
    return np.column_stack([np.concatenate([pairs, pairs]), signs])


def _far():
    scale, shift = np.meshgrid(np.geomspace(0.5, 300, 12), np.linspace(-1.2, 1.2, 9))
    return np.stack([np.log(scale.ravel()), (scale * shift).ravel()], 1)


def _close(base, target):
    scales = np.sqrt(target) * np.array([0.5, 1.2, 3.0])
    scale, shift = np.meshgrid(scales, np.linspace(-4, 4, 9 if base.breaks else 13))
    pairs = [np.stack([np.log(scale.ravel()), shift.ravel()], 1)]
    # Far out, where most functions are nearly straight, larger α bend as little.
    straight = [(np.log(a), b * a) for a in (0.35, 0.7, 1.2, 2.0) for b in (-4.0, -3.0, 3.0, 4.0)]
    pairs.append(np.array(straight))
    for place in base.breaks[:3]:
        # Where φ bends, roots have the bend within reach of z, however small α is.
        scale, at = np.meshgrid(np.append(scales, [1.0, 2.0]), np.linspace(-3.5, 3.5, 8))
        pairs.append(np.stack([np.log(scale.ravel()), (place - scale * at).ravel()], 1))
    return np.concatenate(pairs)


def led(
    base: Activation, starts: np.ndarray, target: float, far: bool = False, enough: float = 0.02
) -> np.ndarray:
    """The distinct near-roots that the starts lead to on a coarse rule, the best of them.

    Args:
        base: the activation φ.
        starts: shape (starts, 3): log α, β and the branch, 0 for DKS.
        target: ψ − 1 under DKS, x under TAT.
        far: whether α may be large, and the rule has to know it.
        enough: the residual, over the target, of what counts as a near-root.

    Returns:
        Near-roots of the same form, at most 24.
    """
    low, high = np.log(1e-4 * np.sqrt(target)), np.log(1e4 if far else 200.0)
    bent = far or bool(base.breaks)
    steps = 2 * STEPS if bent else STEPS
    state, arrived = np.column_stack([starts, np.full(len(starts), np.inf)]), []
    for number in range(steps):
        u = state[:, :2]
        at, jacobian = moments.residuals(
            base, u, target, moments.branch(state[:, 2]), *_coarse(base, u, far)
        )
        worst = np.abs(at).max(1)
        there = worst < (max(enough, 0.3) if number == steps - 1 else enough)
        step, alpha = moments.solved(jacobian, at), np.exp(u[:, 0])
        # Where φ bends, what counts is how far the bend moves in units of z.
        length = np.maximum(np.hypot(step[:, 0], step[:, 1] * (1 if bent else alpha)), 1e-12)
        step *= np.minimum(1, 0.6 / length)[:, None]
        u = u - np.stack([step[:, 0], alpha * step[:, 1]], 1)
        going = (u[:, 0] > low) & (u[:, 0] < high) & (np.abs(u[:, 1]) < 3 * alpha + 8)
        arrived.append(np.column_stack([worst, u, state[:, 2]])[there])
        going &= ~there
        if number % 3 == 2:
            going &= worst < 0.7 * state[:, 3]  # the others wander
            state[:, 3] = worst
        state = np.column_stack([u, state[:, 2:]])[going]
        if number > 1:
            state = state[_first_of_their_kind(state)]
        if not len(state):
            break
    arrived = np.concatenate(arrived)
    arrived = arrived[_first_of_their_kind(arrived[:, 1:])]
    return arrived[np.argsort(arrived[:, 0])[:24], 1:]


def _coarse(base, u, far):
    """A rule to find near-roots with: each start's own where φ bends."""
    places = FEATURES[1::2] if far and not base.breaks else base.breaks[:3]
    if not places:
        return hermite_rule(32)
    return cut_rule((np.array(places) - u[:, 1:]) / np.exp(u[:, :1]))


def _first_of_their_kind(state):
    rounded = np.round(state[:, :2] / NEAR)
    mask = np.zeros(len(state), bool)
    mask[np.unique(rounded[:, 0] * 1e6 + rounded[:, 1] + state[:, 2] / 4, return_index=True)[1]] = 1
    return mask
