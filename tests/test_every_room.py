"""Every room signs one contract: a room is found by its `settings.py`, and named nowhere here.

What compiles the program of a room is slow; the miniature rooms of `test_contract_can_fail.py`
go through all of it in seconds.
"""

import contract
import pytest
from rooms import ROOMS, each_knob, each_room, every_knob, home, room, where_it_matters


def test_there_are_rooms():
    assert ROOMS


@each_room
def test_a_room_has_the_files_of_the_floor_plan(name):
    contract.has_its_files(home(name))


@each_room
def test_a_room_cites_what_it_rests_on(name):
    contract.cites(room(name))


@each_knob
def test_a_knob_has_a_sentence_and_a_citation(name, knob):
    contract.explains_a_knob(room(name), knob)


@each_knob
def test_a_value_outside_is_refused_by_name(name, knob):
    contract.refuses_what_is_outside(room(name), knob)


@each_room
def test_an_unknown_setting_is_refused_with_the_known_ones(name):
    contract.refuses_unknown_names(room(name))


# At their defaults these take long; notebooks are run at theirs by `full` tests, too.
LONG = (
    "curvature", "distillation", "distillation.grid", "kernels.contest", "kernels.race", "minima",
    "sam", "selection.odds", "sobolev", "tuners", "verification",
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(n, marks=pytest.mark.full if n in LONG else []) for n in ROOMS]
)
def test_a_run_at_the_defaults_is_finite_and_whole(name):
    contract.runs_to_its_end(room(name))


@pytest.mark.slow
@each_knob
def test_a_knob_reaches_the_compiled_program(name, knob):
    contract.reaches_the_program(room(name), knob)


@pytest.mark.slow
@each_room
def test_turning_knobs_never_recompiles(name):
    there = room(name)
    numbers = [each.name for each in there.knobs.values() if not each.static]
    # A switch has two ends and no middle.
    switches = [each for each in numbers if there.knobs[each].kind is bool]
    contract.never_recompiles(there, *(each for each in numbers if each not in switches))
    if switches:
        contract.never_recompiles(there, *switches)


@pytest.mark.slow
@each_room
def test_what_a_slider_spans_first_holds_the_default_and_runs_to_both_ends(name):
    contract.useful_ends_run(room(name))


@pytest.mark.full
@pytest.mark.parametrize("name, knob", every_knob(static=False))
def test_turning_a_knob_never_recompiles(name, knob):
    contract.never_recompiles(room(name), knob)


@pytest.mark.slow
@each_room
def test_the_next_chunk_finds_the_program_compiled(name):
    contract.keeps_its_state_alike(room(name))


@pytest.mark.slow
@each_room
def test_a_knob_that_is_said_to_matter_at_the_beginning_only_does(name):
    contract.only_begins(room(name))


# A knob that matters beside other static knobs only, or is static itself, takes a program of its
# own, some seconds each; what the default program reads is turned above and below.
@pytest.mark.full
@pytest.mark.parametrize("name, knob", every_knob(static=False))
def test_turning_a_knob_never_recompiles_where_it_matters(name, knob):
    contract.never_recompiles(room(name), knob, **where_it_matters(room(name), knob))


@pytest.mark.slow
@each_room
def test_the_same_key_and_settings_give_the_same_trace(name):
    contract.repeats_itself(room(name))


@pytest.mark.slow
@each_room
def test_the_trace_does_not_depend_on_how_the_run_was_cut(name):
    contract.does_not_depend_on_the_cut(room(name))


@pytest.mark.full
@each_room
def test_a_run_in_a_batch_has_the_numbers_of_the_run_alone(name):
    contract.batches_like_single_runs(room(name))


@pytest.mark.slow
@each_room
def test_a_trace_survives_saving_and_loading(name, tmp_path):
    contract.survives_saving(room(name), tmp_path)


@pytest.mark.slow
@each_room
def test_a_file_that_is_no_trace_is_refused_and_never_unpickled(name, tmp_path):
    contract.loads_nothing_else(room(name), tmp_path)
