"""A run that a stage or a panel made is not made again; what is shared can be changed by nobody."""

import threading

import jax
import numpy as np
import pytest

from curvkit.core import finished
from curvkit.show.live import Live
from curvkit.tuners import model


@pytest.fixture
def runs(monkeypatch):
    """The settings that were really run."""
    made = []
    run = type(model.stream).run

    def counted(self, settings, *args, **options):
        made.append(settings)
        return run(self, settings, *args, **options)

    monkeypatch.setattr(type(model.stream), "run", counted)
    monkeypatch.setattr(finished, "_held", type(finished._held)())
    return made


def test_a_panel_and_a_run_of_the_same_settings_share_one(runs, monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    model.explore(steps=40)
    trace = model.run(steps=40)
    assert len(runs) == 1
    fresh = model.stream.run(model.Settings(steps=40))
    for name in trace.__series__:
        np.testing.assert_array_equal(getattr(trace, name), getattr(fresh, name))
    assert trace.header["settings"] == fresh.header["settings"]


def test_whoever_changes_what_was_shared_changes_her_own(runs, monkeypatch):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    model.explore(steps=40)
    trace = model.run(steps=40)
    trace.step[:] = -1
    assert np.all(model.run(steps=40).step >= 0)


@pytest.mark.parametrize("other", [dict(steps=41), dict(steps=40, key=jax.random.key(1)),
                                   dict(steps=40, sigma=1.5)], ids=str)  # fmt: skip
def test_another_run_is_made(runs, monkeypatch, other):
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    model.explore(steps=40)
    model.run(**other)
    assert len(runs) == 2


def test_a_run_by_itself_is_made_each_time(runs):
    model.run(steps=40)
    model.run(steps=40)
    assert len(runs) == 2


def test_a_run_that_a_panel_is_making_is_waited_for(runs):
    settings, quiet = model.Settings(steps=4000), lambda *_: None
    live = Live(model.stream, quiet, quiet)
    live.start(settings)
    trace = model.run(settings)
    assert not runs and trace.readings == model.stream.length(settings)
    assert live.wait(60)


@pytest.mark.parametrize("breaks_off", [False, True])
def test_a_run_that_breaks_off_is_made_by_who_waited(runs, breaks_off):
    settings = model.Settings(steps=40)
    trace = next(model.stream.chunks(settings))
    end = finished.promise(model.stream, settings)

    def later():
        if not breaks_off:
            finished.keep(model.stream, settings, trace)
        end()

    thread = threading.Timer(0.3, later)
    thread.start()
    model.run(settings)
    thread.join()
    assert len(runs) == breaks_off and not finished._coming[model.stream]
