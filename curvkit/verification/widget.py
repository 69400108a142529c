"""The verification room as a person asks it for more."""

from typing import Any

from curvkit.verification import figures
from curvkit.verification.experiment import ladder


def explore_ladder(
    theta: float = 2.0, omega: float = 1.0, radius: float = 0.05, model: str = "B"
) -> Any:
    """The ladder of bounds on a box of states, with a button for the semidefinite program.

    Args:
        theta: as in `ladder`, and so are `omega`, `radius` and `model`.
    """
    from curvkit.show.on_demand import asked

    settings: dict[str, Any] = dict(theta=theta, omega=omega, radius=radius, model=model)
    solved = lambda: figures.ladder(ladder(**settings, lifted=True))
    return asked(figures.ladder(ladder(**settings)), "Solve the semidefinite program", solved)
