"""The minima room as a person edits its points."""

from typing import Any

from curvkit.minima.experiment import problem, search
from curvkit.minima.figures import bad_minimum, scattered
from curvkit.minima.settings import Settings


def build(points: Any = None, labels: Any = None, **options: Any) -> Any:
    """Opens a table of points to edit, and a button that searches them for a bad minimum.

    Where nobody watches, the search is made at once, and its figure returned.

    Args:
        points: (points, 2) to start with; the ten points if None.
        labels: 0 or 1 for each.
        options: of `search`, such as `activation="tanh"` or `seeds=200`.

    Raises:
        ValueError: with one sentence, if points and labels do not fit or an option is wrong.
    """
    from IPython.display import display

    from curvkit.show.once import headless
    from curvkit.show.workbench import Workbench

    if points is None:
        dataset = problem(Settings())
        # As they are printed, not as single precision holds them.
        points, labels = dataset.inputs.astype(float).round(6), dataset.targets
    if headless():
        finding = search(points, labels, **options)
        display(finding)
        return bad_minimum(finding)

    def act(rows, tell):
        points, labels = _split(rows)
        finding = search(points, labels, **options, tell=tell)
        return finding.words(), bad_minimum(finding)

    rows = [[*map(float, point), float(label)] for point, label in zip(points, labels, strict=True)]
    sketch = lambda rows: scattered(*_split(rows))
    return Workbench(("x₁", "x₂", "label"), rows, act, sketch, "Search for a bad minimum")


def _split(rows):
    return [row[:2] for row in rows], [row[2] for row in rows]
