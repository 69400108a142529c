import subprocess
import sys

import pytest

from curvkit.draw import pandas_race

SLOW_PANDAS = """import sys, time
while not sys.drawn_once:
    time.sleep(0.01)
time.sleep(0.3)
class Series: pass
class Index: pass
class DataFrame: pass
"""
PROGRAM = """import sys, threading, time
import plotly.graph_objects as go
from curvkit.draw import pandas_race, theme

# Of a value that is no plain array plotly asks whether it is one of pandas's.
draw = lambda: go.Scatter(x=[0, 1])
sys.drawn_once = False
threading.Thread(target=__import__, args=("pandas",)).start()
while "pandas" not in sys.modules:
    time.sleep(0.01)
try:
    draw()
except AttributeError as error:
    # Python 3.13 asks whether the file hides a package of that name.
    half = "partially initialized module" in str(error) or "consider renaming" in str(error)
    print("half made" if half else error)
sys.drawn_once = True
theme.figure("whatever begins a figure waits")
draw()
print("drawn")
"""


def test_a_figure_waits_for_an_import_in_another_thread(tmp_path):
    (tmp_path / "pandas.py").write_text(SLOW_PANDAS)
    (tmp_path / "draws.py").write_text(PROGRAM)
    ran = subprocess.run([sys.executable, tmp_path / "draws.py"], capture_output=True, text=True)
    assert ran.stdout.split("\n")[:2] == ["half made", "drawn"], ran.stderr


def _failing(sentence, calls):
    def draw():
        calls.append(1)
        if len(calls) == 1:
            raise AttributeError(sentence)

    return draw


def test_a_drawing_that_met_a_half_made_module_is_done_once_more():
    calls = []
    pandas_race.patiently(_failing("partially initialized module 'pandas' has no …", calls))
    assert len(calls) == 2


def test_any_other_error_of_a_drawing_is_told():
    calls = []
    with pytest.raises(AttributeError, match="no such curve"):
        pandas_race.patiently(_failing("no such curve", calls))
    assert len(calls) == 1
