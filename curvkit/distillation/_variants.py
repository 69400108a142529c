"""The distillations in use, each as one row of a table: who acts, what loss, what reward.

| symbol | name | shape | source |
| --- | --- | --- | --- |
| π | the teacher's policy | (S, A) | arXiv 1902.02186 |
| π_θ | the student's policy | (S, A) | arXiv 1902.02186 |
| q | `Variant.driver`, the policy that acts | one of DRIVERS | arXiv 1902.02186, table 1 |
| l | `Variant.loss`, of each state that is visited | one of LOSSES | arXiv 1902.02186, table 1 |
| r̂ | `Variant.reward`, of each step, added up to the end | one of REWARDS | table 1 |
| H(p‖q) | −Σ p log q, the cross-entropy | | |

An update is E_q Σ_t [ ∇log π_θ(a_t|s_t) Σ_{i≥t} r̂_i − ∇l(s_t) ], uphill. Two rows of the paper are
one here: log π(a_{i+1}|s_{i+1}) has the mean −H(π_θ‖π)(s_{i+1}), which is −l of the next state, and
that mean is what is used.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

DRIVERS = ("teacher", "student", "uniform")
# Weights of H(π‖π_θ), of H(π_θ‖π) and of the student's entropy H(π_θ‖π_θ) in l.
LOSSES = {
    "none": (0.0, 0.0, 0.0),
    "teacher's cross-entropy": (1.0, 0.0, 0.0),
    "student's cross-entropy": (0.0, 1.0, 0.0),
    "divergence": (0.0, 1.0, -1.0),
    "small entropy bonus": (0.0, 0.0, -0.1),
}
# Weights of log π(a|s), of −l(s') and of V_π(s') − V_π(s) in r̂.
REWARDS = {
    "none": (0.0, 0.0, 0.0),
    "teacher's log-probability": (1.0, 0.0, 0.0),
    "minus the next loss": (0.0, 1.0, 0.0),
    "teacher's value": (0.0, 0.0, 1.0),
}


class VariantWeights(NamedTuple):
    """A variant as numbers, so that one compiled program does for all of them."""

    driver: jax.Array
    loss: jax.Array
    reward: jax.Array
    task: jax.Array
    gated: jax.Array
    summed: jax.Array


class Variant(NamedTuple):
    """One row: names out of DRIVERS, LOSSES and REWARDS, and four switches.

    `task` adds the task's own reward to r̂; `gated` keeps the loss where V_π > V_θ alone; with
    `summed` off only the first r̂ counts. `gradient` is what is proved: whether the update is the
    gradient of something (None: not said).
    """

    driver: str
    loss: str
    reward: str = "none"
    task: bool = False
    gated: bool = False
    summed: bool = True
    gradient: bool | None = False

    @property
    def weights(self) -> VariantWeights:
        """The row as numbers."""
        return VariantWeights(
            jnp.array([float(self.driver == each) for each in DRIVERS]),
            jnp.array(LOSSES[self.loss]),
            jnp.array(REWARDS[self.reward]),
            *(jnp.asarray(float(each)) for each in (self.task, self.gated, self.summed)),
        )

    @property
    def needs_support(self) -> bool:
        """Whether it takes the logarithm of the teacher's probability of any action."""
        return bool(LOSSES[self.loss][1] or REWARDS[self.reward][0])


TEACHERS, STUDENTS = "teacher's cross-entropy", "student's cross-entropy"
NEXT = "minus the next loss"
VARIANTS = {
    "teacher_distill": Variant("teacher", TEACHERS, gradient=True),
    "uniform_distill": Variant("uniform", TEACHERS, gradient=True),
    "on_policy": Variant("student", TEACHERS),
    "on_policy_reward": Variant("student", TEACHERS, task=True),
    "entropy_regularised": Variant("student", "none", "teacher's log-probability", gradient=True),
    "n_distill": Variant("student", TEACHERS, NEXT, gradient=True),
    "n_distill_reward": Variant("student", TEACHERS, NEXT, task=True, gradient=True),
    "expected_entropy": Variant("student", STUDENTS, NEXT, gradient=True),
    "expected_entropy_reward": Variant("student", STUDENTS, NEXT, task=True, gradient=True),
    "teacher_value": Variant("student", "none", "teacher's value", task=True, gradient=True),
    "teacher_bootstrap": Variant("student", "none", "teacher's value", task=True, summed=False),
    "value_gate": Variant("student", TEACHERS, task=True, gated=True, gradient=None),
    "one_step_entropy": Variant("student", STUDENTS),
    "one_step_divergence": Variant("student", "divergence"),
    "reward_alone": Variant("student", "none", task=True, gradient=True),
    "entropy_bonus": Variant("student", "small entropy bonus", task=True),
}
