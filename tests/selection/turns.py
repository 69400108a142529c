"""Examples of the selection room's functions, and other values of their keywords."""

import jax.numpy as jnp
import numpy as np
from turning import Beside, Turn

from curvkit import selection

RANDOM = np.random.default_rng(0)
X = 3 + RANDOM.normal(size=(30, 6)) * [9, 9, 1, 1, 3, 3]
Y = X @ [0.1, 0.0, 1.0, 2.0, 0.5, 0.3] + 5 * RANDOM.normal(size=30)
PAIRS = [0, 0, 1, 1, 2, 2]
COLUMNS = jnp.asarray(X.reshape(30, 3, 2))


def fitted(kind, groups=PAIRS, **given):
    found = kind(groups, **given).fit(X, Y)
    return found.coef_, found.intercept_, getattr(found, "mse_path_", 0)


def told(**given):
    return list(selection.recovery(X, PAIRS, 1, **given))


def chosen(**given):
    return selection.group_omp(COLUMNS, jnp.asarray(Y), 2, **given)


def compared(**given):
    found = selection.compare(**{"runs": 2, "chosen": ("least squares",), **given})
    return found.groups_f1, found.columns_f1, found.model_error


def practised(**given):
    found = selection.practise(**{"runs": 2, "chosen": ("Group-OMP",), **given})
    return found.error, found.groups, found.columns


TURNS = {
    "compare": Turn(compared, dict(simulation="E1", runs=3, seed=1, chosen=("Group-OMP",))),
    "practise": Turn(
        practised,
        dict(data="breast_cancer", runs=3, seed=1, chosen=("Group-OMP", "least squares")),
    ),
    "GroupOMP": Turn(
        lambda **given: fitted(selection.GroupOMP, **{"n_groups": 1, **given}),
        dict(
            groups=[0, 1, 2, 3, 4, 5], n_groups=2, fit_intercept=False, whiten=False,
            tol=Beside(30.0, {"n_groups": 3}),
        ),
    ),
    "GroupOMPCV": Turn(
        lambda **given: fitted(selection.GroupOMPCV, **given),
        dict(
            groups=[0, 1, 2, 3, 4, 5], max_groups=1, cv=Beside(2, {"max_groups": 3}),
            one_standard_error=True, fit_intercept=False, whiten=Beside(False, {"max_groups": 1}),
        ),
    ),
    "group_omp": Turn(chosen, dict(raw=True, fit=False)),
    "recovery": Turn(told, dict(beta=np.ones(6), sigma=2.0, fit_intercept=False,
                                eta=Beside(0.01, {"sigma": 1.0}))),
    "trap": Turn(
        lambda **given: [each for each in selection.trap(**{"rows": 60, **given})],
        dict(rows=80, apart=0.5, seed=1),
    ),
}  # fmt: skip
