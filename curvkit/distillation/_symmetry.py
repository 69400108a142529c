"""Every variant on random processes, in double precision: which of them is a gradient?

| symbol | name | shape |
| --- | --- | --- |
| ‖J − Jᵀ‖/‖J‖ | `VariantAsymmetry.least`, `VariantAsymmetry.most` over the processes | scalars |
"""

from typing import NamedTuple

import jax

from curvkit.core import messages
from curvkit.core.tree import float64
from curvkit.distillation import _aliased as aliased
from curvkit.distillation import _field as field
from curvkit.distillation._variants import VARIANTS

# Of a gradient, rounding in double precision leaves less than this.
ROUNDING = 1e-12


class VariantAsymmetry(NamedTuple):
    """The smallest and the largest asymmetry of one variant over the processes."""

    variant: str
    least: float
    most: float
    proved: bool | None


class Survey(NamedTuple):
    """The table, which a notebook shows as one."""

    rows: tuple[VariantAsymmetry, ...]
    processes: int

    def _repr_markdown_(self) -> str:
        lines = [
            f"Asymmetry of the Jacobian on {self.processes} random processes of 4 states:",
            "",
            "| variant | acts | loss | reward | least | most | gradient? | proved |",
            "| --- | --- | --- | --- | --- | --- | --- | --- |",
        ]
        for each in self.rows:
            row = VARIANTS[each.variant]
            rewards = [row.reward] * (row.reward != "none") + ["task"] * row.task
            gained = " + ".join(rewards) or "none"
            is_gradient = "yes" if each.most < ROUNDING else "**no**"
            proved = {True: "yes", False: "no", None: "not said"}[each.proved]
            ends = f"{messages.number(each.least, 2)} | {messages.number(each.most, 2)}"
            cells = f"{row.driver} | {row.loss}{', gated' * row.gated} | {gained}"
            lines.append(f"| {each.variant} | {cells} | {ends} | {is_gradient} | {proved} |")
        return "\n".join(lines)


def survey(processes: int = 6, seed: int = 0) -> Survey:
    """The asymmetry of every variant on random processes and students (arXiv 1902.02186, table 1).

    Args:
        processes: how many, at least 1.
        seed: which.

    Raises:
        ValueError: if `processes` is no whole number of at least 1.

    >>> most = {row.variant: row.most for row in survey(1).rows}
    >>> most["n_distill"] < 1e-12, most["on_policy"] > 1e-2
    (True, True)
    """
    processes, seed = messages.whole("processes", processes), messages.whole("seed", seed, 0)

    def one(weights, key):
        process, taught = aliased.random_process(key)
        logits = jax.random.normal(jax.random.fold_in(key, 7), process.rewards.shape)
        return field.asymmetry(field.jacobian(weights, process, taught, logits))

    with float64():
        keys = jax.random.split(jax.random.key(seed), processes)
        compiled = jax.jit(jax.vmap(one, (None, 0)))
        asymmetries = {name: compiled(row.weights, keys) for name, row in VARIANTS.items()}
        rows = [
            VariantAsymmetry(name, float(each.min()), float(each.max()), VARIANTS[name].gradient)
            for name, each in asymmetries.items()
        ]
    return Survey(tuple(rows), processes)
