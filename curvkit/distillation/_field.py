"""The expected update of any variant, exactly, and whether it is the gradient of something.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| θ | `logits`, by observation | (O, A) | |
| log π, V_π | `Teacher.log_policy`, `Teacher.values` | (S, A), (S,) | arXiv 1902.02186 |
| d | `process.visits` of the policy that acts | (S,) | arXiv 1902.02186 |
| Q̂ | `_worth`, expected Σ r̂ after an action | (S, A) | arXiv 1902.02186 |
| g | `update` = Σ_s d(s) [ Σ_a q(a|s) ∇log π_θ(a|s) Q̂(s, a) − ∇l(s) ] | (O, A) | eq. 1 |
| J | the Jacobian of g in θ | (O A, O A) | theorem 1 |

A field is a gradient where its Jacobian is symmetric. J has to see that the visits d depend on θ:
with a stopped gradient there, on-policy distillation looks symmetric.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages, tree
from curvkit.distillation._process import (
    ROUNDING,
    Process,
    Tables,
    require_an_end,
    values,
    visits,
)
from curvkit.distillation._variants import VARIANTS, Variant, VariantWeights


class Teacher(NamedTuple):
    """The teacher's log-probabilities (S, A), and the value of its policy (S,)."""

    log_policy: jax.Array
    values: jax.Array


def boltzmann(worth: jax.Array, temperature: Any) -> jax.Array:
    """Log-probabilities (S, A) in proportion to exp(worth / temperature), temperature above 0.

    Raises:
        ValueError: if the temperature is not above 0, or a worth is no number.

    >>> boltzmann(jnp.array([[0.0, 0.0]]), 1.0).round(3).tolist()
    [[-0.69..., -0.69...]]
    """
    temperature = messages.real("temperature", temperature, above=0)
    return jax.nn.log_softmax(_table("worth", worth) / temperature)


def noisy(log_policy: jax.Array, share: Any) -> jax.Array:
    """Log-probabilities (S, A) of a policy that acts at random in a share of cases, 0 to 1.

    Raises:
        ValueError: if the share is not from 0 to 1, or a log-probability is nan or above 0.

    >>> noisy(jnp.array([[0.0, -jnp.inf]]), 0.5).round(3).tolist()
    [[-0.28..., -1.38...]]
    """
    share = messages.real("share", share, "a share from 0 to 1", least=0, most=1)
    log_policy = _table("log_policy", log_policy, most=ROUNDING)
    actions = log_policy.shape[-1]
    return jnp.logaddexp(jnp.log1p(-share) + log_policy, jnp.log(share) - jnp.log(actions))


def _table(name: str, given: Any, most: float = np.inf) -> jax.Array:
    """A table (…, A) of floats, none of them nan or above `most`; −∞ may be among them."""
    if not tree.traced(given):
        try:
            table = np.asarray(given)
            real = table.ndim > 0 and table.size > 0 and not np.iscomplexobj(table)
            table = table.astype(float) if real else table
            fits = real and bool(np.all((table <= most) & (table < np.inf)))
        except (TypeError, ValueError):
            fits = False
        if not fits:
            raise ValueError(messages.refusal(name, "a table (states, actions) of numbers", given))
    table = jnp.asarray(given)
    return table if jnp.issubdtype(table.dtype, jnp.floating) else table.astype(float)


def _logits(process: Process, given: Any) -> jax.Array:
    """The student's logits, one row for each observation that there is.

    Raises:
        ValueError: if they are of another shape, or not finite.
    """
    # Where observations are traced, no more rows than states can be asked for.
    rows = None if tree.traced(process.observed) else int(np.asarray(process.observed).max()) + 1
    given = _table("logits", given)
    states, actions = process.rewards.shape
    known = given.ndim == 2 and given.shape[1] == actions
    if not known or not (rows or 1) <= given.shape[0] <= states:
        count = f"{rows or 1} to {states}" if rows != states else f"{states}"
        expected = f"a row for each observation, {count} of them, of {actions} numbers"
        raise ValueError(messages.refusal("logits", expected, given.shape))
    if not tree.traced(given) and not np.all(np.isfinite(np.asarray(given))):
        raise ValueError(messages.refusal("logits", "finite numbers", given))
    return given


def teacher(process: Process, log_policy: Any) -> Teacher:
    """A checked teacher with its values.

    Args:
        process: where it acts.
        log_policy: (S, A), log-probabilities; −∞ for what it never does.

    Raises:
        ValueError: if the shape does not fit, if a row does not sum to 1 after exp, or if the
            teacher's episodes need not end.

    >>> from curvkit.distillation._process import decision_process
    >>> walk = decision_process([[[0.5], [0.0]]], [[1.0, 2.0]], [1.0])
    >>> teacher(walk, [[0.0, -jnp.inf]]).values.tolist()
    [2.0]
    """
    log_p = jnp.asarray(log_policy, float)
    if log_p.shape != process.rewards.shape:
        raise ValueError(
            messages.refusal("log_policy", f"of shape {process.rewards.shape}", log_p.shape)
        )
    if not tree.traced(process, log_p):
        total = np.exp(np.asarray(log_p)).sum(1)
        if not np.all(np.abs(total - 1) <= 10 * ROUNDING):
            worst = total[np.argmax(np.nan_to_num(np.abs(total - 1), nan=np.inf))]
            raise ValueError(
                messages.refusal(
                    "log_policy", "such that exp of each row sums to 1", round(float(worst), 6)
                )
            )
        require_an_end(process.transitions, process.start, np.exp(log_p), "log_policy")
    return Teacher(log_p, values(process, jnp.exp(log_p), process.rewards))


def policies(process: Tables, logits: jax.Array) -> jax.Array:
    """The student's log-probabilities (S, A) from its logits (O, A)."""
    return jax.nn.log_softmax(logits)[process.observed]


def losses(
    weights: VariantWeights, taught: Teacher, log_policy: jax.Array
) -> tuple[jax.Array, jax.Array]:
    """The loss l of each state (S,), and its gradient in the logits of that state (S, A)."""
    p, log_teacher = jnp.exp(log_policy), supported(taught.log_policy)
    pi = jnp.exp(taught.log_policy)
    # −Σ p f has the gradient −p (f − Σ p f) in the logits, also where f is log p itself.
    mean = lambda f: jnp.sum(p * f, 1, keepdims=True)
    centred = lambda f: p * (f - mean(f))
    each = (-jnp.sum(pi * log_policy, 1), -mean(log_teacher)[:, 0], -mean(log_policy)[:, 0])
    slopes = (p - pi, -centred(log_teacher), -centred(log_policy))
    return (
        jnp.einsum("k,ks->s", weights.loss, jnp.stack(each)),
        jnp.einsum("k,ksa->sa", weights.loss, jnp.stack(slopes)),
    )


def supported(log_policy: jax.Array) -> jax.Array:
    """Log-probabilities with 0 in the place of −∞: `require_support` keeps these from mattering."""
    return jnp.where(log_policy > -jnp.inf, log_policy, 0.0)


def require_support(variant: Variant, taught: Teacher) -> None:
    """Raises ValueError where a variant takes the logarithm of a probability that is zero."""
    if variant.needs_support and not tree.traced(taught):
        absent = np.argwhere(np.isneginf(np.asarray(taught.log_policy)))
        if len(absent):
            state, action = (int(each) for each in absent[0])
            where = f"zero for action {action} in state {state}"
            raise ValueError(
                messages.refusal("log_policy", "of a teacher that may do anything", where,
                            "mix some chance in with `noisy`")
            )  # fmt: skip


def row(variant: str | Variant) -> Variant:
    """The row of VARIANTS of that name; raises ValueError with the names if there is none."""
    if isinstance(variant, str) and variant not in VARIANTS:
        raise ValueError(messages.unknown("variant", variant, VARIANTS))
    return VARIANTS[variant] if isinstance(variant, str) else variant


def acting(weights: VariantWeights, taught: Teacher, log_policy: jax.Array) -> jax.Array:
    """The policy (S, A) that acts."""
    p = jnp.exp(log_policy)
    return jnp.einsum(
        "k,ksa->sa", weights.driver,
        jnp.stack([jnp.exp(taught.log_policy), p, jnp.full_like(p, 1 / p.shape[1])]),
    )  # fmt: skip


def gate(weights: VariantWeights, taught: Teacher, own: jax.Array) -> jax.Array:
    """Which states the loss counts in, (S,): all, or where the teacher's value is above `own`."""
    return jnp.where((weights.gated > 0) & (taught.values <= own), 0.0, 1.0)


def update(
    variant: str | Variant | VariantWeights, process: Process, taught: Teacher, logits: jax.Array
) -> jax.Array:
    """The expected update (O, A) of the logits, uphill, by linear solves (arXiv 1902.02186, eq. 1).

    Args:
        variant: a name in VARIANTS, a row of one's own, or its numbers.
        process: of S states and A actions.
        taught: the teacher.
        logits: (O, A), one row by observation.

    Raises:
        ValueError: if there is no such variant, if it needs a teacher that may do anything, or if
            logits are of another shape or not finite.

    >>> from curvkit.distillation._process import decision_process
    >>> once = decision_process([[[0.0], [0.0]]], [[1.0, 0.0]], [1.0])
    >>> half = teacher(once, boltzmann(jnp.zeros((1, 2)), 1.0))
    >>> update("reward_alone", once, half, jnp.zeros((1, 2))).tolist()
    [[0.25, -0.25]]
    """
    if not isinstance(variant, VariantWeights):
        require_support(row(variant), taught)
    weights = variant if isinstance(variant, VariantWeights) else row(variant).weights
    logits = _logits(process, logits)
    log_policy = policies(process, logits)
    p, q = jnp.exp(log_policy), acting(weights, taught, log_policy)
    loss, slope = losses(weights, taught, log_policy)
    worth = _worth(weights, process, taught, q, loss)
    own = values(process, p, process.rewards)
    slope = gate(weights, taught, own)[:, None] * slope
    score = q * worth - p * jnp.sum(q * worth, 1, keepdims=True)
    each = visits(process, q)[:, None] * (score - slope)
    return jnp.zeros_like(logits).at[process.observed].add(each)


def _worth(weights, process, taught, q, loss):
    expected = lambda of_next: process.transitions @ of_next
    log_teacher, next_loss, value = weights.reward
    step = weights.task * process.rewards + log_teacher * supported(taught.log_policy)
    step += value * (expected(taught.values) - taught.values[:, None]) - next_loss * expected(loss)
    return step + weights.summed * expected(values(process, q, step))


def objective(
    variant: str | Variant, process: Process, taught: Teacher, logits: jax.Array
) -> jax.Array:
    """E_θ Σ_t [ task r − l(s_t) ], a scalar: N-distill and expected entropy climb its gradient.

    >>> from curvkit.distillation._process import decision_process
    >>> once = decision_process([[[0.0], [0.0]]], [[1.0, 0.0]], [1.0])
    >>> half = teacher(once, boltzmann(jnp.zeros((1, 2)), 1.0))
    >>> round(float(objective("on_policy_reward", once, half, jnp.zeros((1, 2)))), 4)
    -0.1931
    """
    weights, logits = row(variant).weights, _logits(process, logits)
    log_policy = policies(process, logits)
    p, (loss, _) = jnp.exp(log_policy), losses(weights, taught, log_policy)
    gained = weights.task * jnp.sum(p * process.rewards, 1) - loss
    return visits(process, p) @ gained


def asymmetry(jacobian: jax.Array) -> jax.Array:
    """‖J − Jᵀ‖ / ‖J‖ of a square matrix, from 0 (a gradient) to 2; 0 of zeros.

    >>> float(asymmetry(jnp.array([[0.0, 1.0], [-1.0, 0.0]])))
    2.0
    """
    size = jnp.linalg.norm(jacobian)
    return jnp.linalg.norm(jacobian - jacobian.T) / jnp.where(size > 0, size, 1)


def jacobian(
    variant: str | Variant | VariantWeights, process: Process, taught: Teacher, logits: jax.Array
) -> jax.Array:
    """The Jacobian (O A, O A) of `update` in the logits, through the visits.

    >>> from curvkit.distillation._process import decision_process
    >>> once = decision_process([[[0.0], [0.0]]], [[1.0, 0.0]], [1.0])
    >>> half = teacher(once, boltzmann(jnp.zeros((1, 2)), 1.0))
    >>> jacobian("teacher_distill", once, half, jnp.zeros((1, 2))).tolist()
    [[-0.25, 0.25], [0.25, -0.25]]
    """
    logits = _logits(process, logits)
    flat = lambda theta: update(variant, process, taught, theta.reshape(logits.shape)).ravel()
    return jax.jacfwd(flat)(logits.ravel())
