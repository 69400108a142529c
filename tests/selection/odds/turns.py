"""Examples of the functions that count odds, and other values of their keywords."""

from turning import Turn

from curvkit.selection import odds

TURNS = {
    "compare": Turn(
        lambda **given: odds.compare(**{"cells": [(0.5, 0.0, 75)], "trials": 10, **given}).solved,
        dict(cells=[(0.0, 0.0, 50)], trials=20, seed=1),
        full=True,
    )
}
