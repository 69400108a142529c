"""Distillation by counting: expected updates as sums over all episodes, in plain loops."""

import math

import numpy as np


def softmax(row):
    each = np.exp(row - np.max(row))
    return each / each.sum()


def expected_update(row, process, teacher, logits, steps):
    """E_q Σ_t [ ∇log π_θ(a_t|s_t) R̂_t − ∇l(s_t) ], with differences for ∇, forward in time.

    `row` is a variant by its names. The sum over episodes is made by pushing forward, for each
    parameter, the distribution over states with the score gathered so far.
    """
    P, r, start, seen = (np.asarray(each, np.float64) for each in process[:4])
    seen, logits = seen.astype(int), np.asarray(logits, np.float64)
    pi, V = np.exp(np.asarray(teacher.log_policy, np.float64)), np.asarray(teacher.values)
    S, A = r.shape

    def student(theta):
        return np.array([softmax(theta[seen[s]]) for s in range(S)])

    def loss(theta, s):
        p = student(theta)[s]
        crossed = -sum(pi[s, a] * math.log(p[a]) for a in range(A))
        other = -sum(p[a] * math.log(pi[s, a]) for a in range(A))
        entropy = -sum(p[a] * math.log(p[a]) for a in range(A))
        return {
            "none": 0.0, "teacher's cross-entropy": crossed, "student's cross-entropy": other,
            "divergence": other - entropy, "small entropy bonus": -0.1 * entropy,
        }[row.loss]  # fmt: skip

    def reward(s, a, after):
        beyond = after is None
        own = {
            "none": 0.0,
            "teacher's log-probability": math.log(pi[s, a]),
            "minus the next loss": 0.0 if beyond else -loss(logits, after),
            "teacher's value": (0.0 if beyond else V[after]) - V[s],
        }[row.reward]
        return own + row.task * r[s, a]

    p = student(logits)
    q = {"student": p, "teacher": pi, "uniform": np.full((S, A), 1 / A)}[row.driver]
    own = np.zeros(S)
    for _ in range(steps):
        own = np.array(
            [sum(p[s, a] * (r[s, a] + P[s, a] @ own) for a in range(A)) for s in range(S)]
        )
    total = np.zeros_like(logits)
    for o, b in np.ndindex(*logits.shape):
        up, down = logits.copy(), logits.copy()
        up[o, b] += 1e-5
        down[o, b] -= 1e-5
        score = (np.log(student(up)) - np.log(student(down))) / 2e-5
        mass, gathered = start.copy(), np.zeros(S)
        for _ in range(steps):
            more, further = np.zeros(S), np.zeros(S)
            for s in range(S):
                if not row.gated or V[s] > own[s]:
                    total[o, b] -= mass[s] * (loss(up, s) - loss(down, s)) / 2e-5
                for a in range(A):
                    # The score so far, times the chance of being here: what a reward now is due to.
                    due = (gathered[s] if row.summed else 0.0) + mass[s] * score[s, a]
                    for after in [*range(S), None]:
                        chance = 1 - P[s, a].sum() if after is None else P[s, a, after]
                        total[o, b] += q[s, a] * chance * due * reward(s, a, after)
                        if after is not None:
                            more[after] += mass[s] * q[s, a] * chance
                            further[after] += (
                                (gathered[s] + mass[s] * score[s, a]) * q[s, a] * chance
                            )
            mass, gathered = more, further
    return total
