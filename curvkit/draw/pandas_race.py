"""Drawing beside imports: plotly looks at pandas, which another thread may be importing just now.

A cell that imports scikit-learn while a panel draws in its own thread lets plotly find a pandas
half made, and the picture fails. An import waits until another thread's import is whole.
"""

import importlib
import sys
from collections.abc import Callable

SEEN_BY_PLOTLY = "pandas"


def settle() -> None:
    """Waits until no other thread is in the middle of importing what plotly looks at."""
    if SEEN_BY_PLOTLY in sys.modules:
        importlib.import_module(SEEN_BY_PLOTLY)


def patiently(draw: Callable[[], None]) -> None:
    """Draws; once more where an import began meanwhile and its module was seen half made.

    Raises:
        AttributeError: of `draw`, for any other reason than a half-made module.
    """
    settle()
    try:
        draw()
    except AttributeError as error:
        if "partially initialized module" not in str(error):
            raise
        settle()
        draw()
