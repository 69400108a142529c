"""Each knob of each room's live panel, turned as the page asks: what runs then, and is shown.

The runs are of a stand-in that computes nothing: what a knob does within a run is looked at by
`test_every_room.py`, and here the way from the widget to the run, and from the run to the page.
"""

import numpy as np
import plotly.graph_objects as go
from jaxtyping import Int
from rooms import each_room, room

from curvkit.core import knob as knobs
from curvkit.core.shared import RunRegistry
from curvkit.core.stream import Chunk
from curvkit.core.trace import Record, series


class Told(Record):
    """A trace of one reading, which knows its settings."""

    step: Int[np.ndarray, " reading"] = series("Steps.")


class StandIn:
    """A stream that notes what is asked for."""

    name, trace, capacity = "stand_in", Told, 1

    def __init__(self):
        self.asked, self.runs = [], RunRegistry()

    def length(self, settings):
        return 1

    def started(self, settings, key):
        self.asked.append(knobs.as_dict(settings))

    def edited(self, settings, state, edits):
        return state

    def advanced(self, settings, state, count):
        return Chunk(state, {"step": np.zeros(1, int)}, np.array(1), np.array(True), {})


def shown(trace, name):
    return f"{name} is {trace.settings[name]!r}"


@each_room
def test_each_knob_begins_a_run_with_it_turned_and_the_page_shows_that_run(name, monkeypatch):
    stream, made = StandIn(), room(name).package.room
    turned = [None]
    draw = lambda trace: go.Figure().update_layout(title_text=shown(trace, turned[0]))
    monkeypatch.setenv("CURVKIT_HEADLESS", "0")
    monkeypatch.setattr(made, "stream", stream)
    monkeypatch.setattr(made, "figures", dict.fromkeys(made.figures, draw))
    monkeypatch.setattr(made, "words", lambda trace: shown(trace, turned[0]))
    turned[0] = next(iter(made.knobs))
    panel = made.explore()
    panel.wait()
    first = stream.asked[-1]
    assert first == knobs.as_dict(made.settings()), "the panel does not open at the defaults"
    order = list(made.front or made.knobs)
    assert panel.knobs.front == [each for each in order if each not in panel.knobs.idle][:3]
    for each in made.knobs.values():
        turned[0] = each.name
        plain = each.kind in (str, bool)
        others = [
            value for value in each.sweep()
            if value != each.default and (plain or not np.isclose(value, each.default))
        ]  # fmt: skip
        # As the slider sends it, then as it is typed; then back by its own button.
        for value, send in zip(dict.fromkeys(others), (lambda it: it, str), strict=False):
            before = len(stream.asked)
            panel.knobs.ask(each.name, send(value))
            panel.wait()
            assert len(stream.asked) == before + 1, f"{each.name} begins no run of its own"
            now = stream.asked[-1]
            assert [key for key in now if now[key] != first[key]] == [each.name]
            assert now[each.name] == value
            told = shown(panel.trace, each.name)
            assert told in panel.words.value.replace("&#x27;", "'"), panel.words.value
            assert panel.canvas.figure.layout.title.text == told
        panel.knobs.reset(each.name)
        panel.wait()
        assert panel.trace.settings == first, f"{each.name} is not turned back"
