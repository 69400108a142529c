"""Streams: a run cut anywhere is the same run, and it can be watched, stopped and superseded."""

import functools
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close, compilations, same_bits
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from jaxtyping import Float, Int

from curvkit.core.knob import BaseSettings, choice, knob, read
from curvkit.core.stream import Stream
from curvkit.core.trace import Record, series

TOLD = dict(source="Nobody 2000")


class Settings(BaseSettings):
    """A number that is multiplied."""

    factor: float = knob(
        default=0.5, low=0.0, high=2.0, sentence="What it is multiplied by.", **TOLD
    )
    steps: int = knob(
        default=40, low=1, high=10**6, sentence="How many times that is done.", **TOLD
    )
    seed: int = knob(default=0, low=0, high=99, sentence="Where it starts from.", **TOLD)


class Trace(Record):
    """The powers."""

    step: Int[np.ndarray, " reading"] = series("Steps taken.")
    value: Float[np.ndarray, " reading"] = series("The number.")
    total: Float[np.ndarray, ""] = series("The sum of what was recorded.")


def begin(settings, key):
    start = jax.random.uniform(jax.random.fold_in(key, settings.seed), minval=1.0, maxval=2.0)
    return start, jnp.zeros(()), jnp.zeros((), int)


def reading(settings, state):
    value, total, step = state
    row = {"step": step, "value": value}
    return (value * settings.factor, total + value, step + 1), row


@functools.cache
def stream(capacity=512):
    return Stream(
        "powers",
        begin=begin,
        reading=reading,
        finished=lambda settings, state: state[2] >= settings.steps,
        length=lambda settings: settings.steps,
        trace=Trace,
        last=lambda settings, state: {"total": state[1]},
        capacity=capacity,
    )


def test_a_run_is_what_it_is_in_closed_form():
    made = stream().run(Settings())
    first = float(begin(Settings(), jax.random.key(0))[0])
    assert made.step.tolist() == list(range(40))
    assert_close(made.value, first * 0.5 ** np.arange(40), rtol=1e-6)  # powers of two are exact
    assert_close(made.total, first * 2 * (1 - 0.5**40), rtol=1e-6)
    assert made.settings == {"factor": 0.5, "steps": 40, "seed": 0}


@given(seconds=st.floats(0, 1e-2), capacity=st.sampled_from([1, 3, 512]), steps=st.integers(1, 60))
@examples(max_examples=25)
def test_the_trace_is_the_same_however_the_run_is_cut(seconds, capacity, steps):
    asked = read(Settings, steps=steps)
    whole = stream().run(asked, seconds=1e9)
    *_, cut = stream(capacity).chunks(asked, seconds=seconds)
    for name, array in whole.arrays().items():
        assert same_bits(array, cut.arrays()[name]), name


def test_the_first_chunk_is_one_reading_and_chunks_only_add():
    pieces = list(stream().chunks(Settings(), seconds=1e9))
    assert pieces[0].readings == 1 and pieces[-1].readings == 40
    sizes = np.diff([0, *[piece.readings for piece in pieces]])
    assert (sizes > 0).all()
    # Growth is by steps, for the first call's time is that of compiling.
    assert all(later <= 4 * earlier + 3 for earlier, later in zip(sizes, sizes[1:], strict=False))
    for piece in pieces:
        assert same_bits(piece.value, pieces[-1].value[: piece.readings])


def test_a_chunk_makes_no_more_readings_than_its_capacity():
    sizes = np.diff([piece.readings for piece in stream(3).chunks(Settings(), seconds=1e9)])
    assert sizes.max() == 3


def test_to_stop_is_to_ask_for_no_more():
    chunks = stream().chunks(read(Settings, steps=10**6), seconds=0.0)
    for _ in range(3):
        newest = next(chunks)
    started = time.perf_counter()
    chunks.close()
    # The million steps that were not asked for are not made: they would take seconds.
    assert time.perf_counter() - started < 0.5
    assert newest.readings == 3
    with pytest.raises(StopIteration):
        next(chunks)


def test_two_runs_at_once_do_not_disturb_each_other():
    one, other = (read(Settings, factor=factor) for factor in (0.5, 1.5))
    alone = stream().run(other)
    earlier, later = stream().chunks(one, seconds=0.0), stream().chunks(other, seconds=0.0)
    next(earlier)
    next(later)
    next(earlier)
    *_, newest = later
    assert same_bits(newest.value, alone.value)


def test_a_newer_value_recompiles_nothing():
    stream().run(Settings())
    with compilations() as count:
        for factor, steps, seed in ((0.0, 1, 0), (2.0, 40, 99), (1.0, 39, 1)):
            stream().run(read(Settings, factor=factor, steps=steps, seed=seed))
    assert count() == 0


class Kinds(Settings):
    """The same, from two kinds of start."""

    kind: str = choice(
        default="near", choices=("near", "far"), sentence="Where it starts from.", **TOLD
    )


def test_a_knob_of_the_beginning_compiles_a_beginning_alone():
    blank = jnp.zeros(()), jnp.zeros((), int)
    far = lambda settings, key: (begin(settings, key)[0] + 9 * (settings.kind == "far"), *blank)
    parts = dict(reading=reading, finished=lambda settings, state: state[2] >= settings.steps)
    told = dict(length=lambda settings: settings.steps, trace=Trace)
    last = lambda settings, state: {"total": state[1]}
    made = Stream("kinds", begin=far, last=last, begin_only=("kind",), **parts, **told)
    near = made.run(Kinds())
    with compilations() as count:
        away = made.run(Kinds(kind="far"))
    assert count() == 1
    assert away.value[0] == near.value[0] + 9 and away.header["settings"]["kind"] == "far"
    assert "kind" not in made.lowered(Kinds()) and made.begin_only == ("kind",)


def test_ctrl_c_is_heard_between_chunks(monkeypatch):
    made = stream()
    calls = []

    def interrupted(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return advance(*arguments)

    advance = made.advance
    monkeypatch.setattr(made, "advance", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made.run(Settings(), seconds=0.0)
    assert len(calls) == 3


def test_progress_is_shown_where_it_is_asked_for(capsys):
    stream().run(Settings(), progress=True)
    assert "40/40" in capsys.readouterr().err
    stream().run(Settings())
    assert capsys.readouterr() == ("", "")


def test_key_and_seed_both_decide_where_it_starts():
    runs = [
        float(stream().run(read(Settings, seed=seed), jax.random.key(key)).value[0])
        for seed, key in ((0, 0), (1, 0), (0, 1))
    ]
    assert len(set(runs)) == 3
    assert float(stream().run(Settings(), jax.random.key(1)).value[0]) == runs[2]


def test_the_lowered_text_names_what_the_program_reads():
    text = stream().lowered(Settings())
    assert all(f"settings.{name}" in text for name in ("factor", "steps", "seed"))
