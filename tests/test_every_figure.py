"""What is drawn and told of every room's traces, by the same contract as `test_every_room.py`."""

import contract
import pytest
from rooms import (
    ROOMS,
    each_figure,
    each_knob,
    each_room,
    knobs_read,
    room,
    short,
    where_it_matters,
)

from curvkit.draw import theme

# Runs of these take long, however short they are.
LONG = (
    "distillation.grid", "kernels.contest", "kernels.race", "selection.odds", "sobolev", "tuners",
    "verification",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.full if n in LONG else []) for n in ROOMS]
)
def test_turning_what_the_default_program_reads_moves_a_figure(name):
    there = room(name)
    read = [knob for knob in there.knobs if knob in knobs_read(there, short(there))]
    assert read
    for knob in read:
        contract.moves_a_figure(there, knob, {})


@pytest.mark.full
@each_knob
def test_turning_a_knob_moves_a_figure(name, knob):
    contract.moves_a_figure(room(name), knob, where_it_matters(room(name), knob))


@pytest.mark.slow
@each_figure
def test_a_figure_takes_any_trace_and_can_be_read(name, figure):
    contract.draws_any_trace(room(name), figure)
    contract.says_why_it_is_empty(room(name), figure)


@pytest.mark.full
@each_figure
def test_a_figure_takes_every_trace(name, figure):
    contract.draws_any_trace(room(name), figure, every=True)


@pytest.mark.slow
@each_figure
def test_a_figure_draws_nothing_after_a_reading_that_is_not_finite(name, figure):
    contract.draws_nothing_after_the_end(room(name), figure)


@pytest.mark.slow
@each_figure
def test_a_page_recolours_a_figure_to_what_it_is_drawn_dark(name, figure, monkeypatch):
    monkeypatch.setattr(theme, "_mode", "light")
    monkeypatch.setattr(theme, "_chosen", True)
    contract.is_recoloured(room(name), figure)


@pytest.mark.slow
@each_figure
def test_a_figure_can_be_kept_as_a_moving_page(name, figure):
    contract.moves_as_a_page(room(name), figure)


@pytest.mark.slow
@each_figure
def test_kept_runs_are_seen_on_a_figure_and_told_apart(name, figure):
    contract.is_kept(room(name), figure)


@pytest.mark.slow
@each_room
def test_a_live_panel_shows_every_figure_and_keeps_runs_on_it(name, monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "0")
    contract.opens_its_panel(room(name))


@pytest.mark.slow
@each_room
def test_any_trace_is_told_in_words(name):
    contract.tells_any_trace(room(name))


@pytest.mark.slow
@each_room
def test_what_a_room_tells_carries_its_figures_of_merit(name):
    contract.tells_with_its_merits(room(name))


@pytest.mark.slow
@each_room
def test_a_trace_states_its_figures_of_merit(name):
    contract.states_its_merits(room(name))
