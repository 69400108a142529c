"""The verification room as a person turns it."""

from typing import Any

from IPython.display import Markdown

from curvkit.show.button import asked
from curvkit.show.panel import panel
from curvkit.show.told import told
from curvkit.verification import figures
from curvkit.verification.experiment import ladder, stream
from curvkit.verification.figures import FIGURES, words
from curvkit.verification.settings import Settings
from curvkit.verification.trace import Trace

FRONT = ("model", "relaxation", "tolerance", "worst_first", "steps", "seed")


def explore(figure: str = "region", **values: Any):
    """Opens the room: knobs, and cells that are proved or refuted, live; static where nobody
    watches.

    Args:
        figure: the figure to show first: region, closing or shares.
        values: where knobs stand at first, such as `model="B"`.

    Raises:
        ValueError: with one sentence, if a name is unknown or a value out of range.
    """
    return panel(stream, Settings, FIGURES, words, values, figure=figure, front=FRONT)


def explore_ladder(theta: float = 2.0, omega: float = 1.0, radius: float = 0.05, model: str = "B"):
    """The ladder of bounds on a box of states, with a button for the semidefinite program.

    Args:
        theta: as in `ladder`, and so are `omega`, `radius` and `model`.
    """
    given = dict(theta=theta, omega=omega, radius=radius, model=model)
    solved = lambda: figures.ladder(ladder(**given, lifted=True))
    return asked(figures.ladder(ladder(**given)), "Solve the semidefinite program", solved)


def tell(trace: Trace) -> Markdown:
    """What a trace shows, in words with its own numbers, as a notebook displays it."""
    return told(words(trace), trace)
