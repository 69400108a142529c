"""A hand in one's own loop: the rate that it takes, Stop, and what the stage is sent meanwhile."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import curvkit
from curvkit.draw.scene import pack
from curvkit.watching import _hand as hands
from curvkit.watching import scenes

SCALES = jnp.array([20.0, 1.0])


def loss(w):
    return 0.5 * jnp.sum(SCALES * w**2)


class Listener:
    """A page that is a test: its clock, and all that it was sent."""

    def __init__(self, watcher):
        self.time, self.said = 0.0, []
        self.page = hands.Page(watcher._hand, lambda *told: self.said.append(told), self.clock)
        watcher._hand.page, watcher._shown["stage"] = self.page, self.page.grew

    def clock(self):
        return self.time

    def rows(self, name):
        """A field as the page has it, of the last scene and the rows since."""
        values = np.zeros(0, np.float32)
        for message, buffers in self.said:
            if message["kind"] not in ("scene", "rows"):
                continue
            entry = next(each for each in message["header"] if each["name"] == name)
            count = int(np.prod(entry["shape"]))
            new = np.frombuffer(buffers[0], np.float32, count, entry["offset"])
            values = np.concatenate([values[: message.get("at", 0)], new])
        return values

    def words(self):
        return [message["words"] for message, _ in self.said if message.get("words")]


def trained(turns=(), steps=12, takes=True, **options):
    """A loop of gradient descent: the page says `turns[step]` before a step; two seconds a step."""
    method = optax.inject_hyperparams(optax.sgd)(0.05)
    given = {"optimizer": method, "every": 1, "budget": None, **options}
    watcher = curvkit.watch(loss, **given)
    listener, w = Listener(watcher), jnp.ones(2)
    state = method.init(w)
    for step in watcher.steps(steps):
        listener.time += 2.0
        for said in dict(turns).get(step, ()):
            listener.page.heard(said)
        if takes:
            state.hyperparams["learning_rate"] = watcher.learning_rate(0.05)
        updates, state = method.update(jax.grad(loss)(w), state, w)
        w = optax.apply_updates(w, updates)
        watcher.observe(w, state, step)
    return watcher, listener


def turn(**knobs):
    return {"kind": "steer", "knobs": knobs, "at": 0, "over": True, "phase": "end"}


READY, SEEN = {"kind": "ready", "from": "here"}, {"kind": "seen", "at": 0, "rate": 60}


def test_a_rate_that_is_turned_is_the_next_steps_rate_and_its_edge():
    watcher, listener = trained({0: [READY], 5: [turn(learning_rate=0.08)]})
    expected = [0.05] * 5 + [0.08] * 7
    np.testing.assert_allclose(watcher.trace.learning_rate, expected, rtol=1e-6)
    np.testing.assert_allclose(listener.rows("edge"), 2 / np.array(expected), rtol=1e-5)
    steered = [message for message, _ in listener.said if message.get("steered")]
    assert [message["at"] for message in steered] == [5]


def test_stop_ends_the_loop_and_the_next_loop_runs_again():
    watcher, listener = trained({7: [turn(loop="stop")]})
    assert watcher.stopped and watcher.trace.step.tolist() == list(range(8))
    assert listener.said[-1][0]["ended"]
    assert list(watcher.steps(3)) == [0, 1, 2] and not watcher.stopped


def test_a_hand_that_comes_after_the_loop_is_told_that_it_has_ended():
    watcher, listener = trained({0: [READY]})
    before = listener.words()
    listener.page.heard(turn(learning_rate=0.08))
    (words,) = listener.words()[len(before) :]
    assert words.startswith("The loop has ended") and "a rate of 0.08" in words
    assert watcher.learning_rate(0.05) == 0.08


def test_the_page_has_every_reading_when_the_loop_has_ended():
    watcher, listener = trained({0: [READY], 3: [SEEN]})
    np.testing.assert_array_equal(listener.rows("step"), np.arange(12))
    np.testing.assert_array_equal(listener.rows("loss"), watcher.trace.loss)
    assert [m["ended"] for m, _ in listener.said if "ended" in m].count(True) == 1


def test_readings_that_come_faster_than_pictures_wait_and_are_not_lost(monkeypatch):
    monkeypatch.setattr(hands, "PAUSE", 1e9)
    watcher, listener = trained({0: [READY]})
    assert sum(message["kind"] == "rows" for message, _ in listener.said) == 1
    np.testing.assert_array_equal(listener.rows("loss"), watcher.trace.loss)


def test_a_rate_that_is_none_is_refused_in_a_sentence_and_changes_nothing():
    watcher, listener = trained({2: [turn(learning_rate=-1.0)]})
    refused = [message for message, _ in listener.said if message["kind"] == "refused"]
    assert [each["knob"] for each in refused] == ["learning_rate"]
    assert refused[0]["words"].startswith("learning_rate must be above 0, but -1.0")
    assert set(watcher.trace.learning_rate.tolist()) == {np.float32(0.05)}


def test_where_no_message_comes_while_the_loop_runs_the_stage_says_so():
    assert hands.UNHEARD in trained()[1].words()
    heard = {step: [SEEN] for step in range(12)}
    assert trained({**heard, 0: [READY]})[1].words() == [
        "waits for the first reading of your loop…"
    ]


def test_a_loop_that_does_not_take_the_rate_is_told_so():
    turns = {0: [READY, SEEN], 2: [turn(learning_rate=0.08)]}
    said = [each for each in trained(turns, takes=False)[1].words() if "does not take" in each]
    assert said and said[0].startswith("The loop goes on with the rate 0.05 and does not take 0.08")
    assert not [each for each in trained(turns)[1].words() if "does not take" in each]


def test_another_edge_on_the_way_is_another_scene():
    watcher, listener = trained({0: [READY]}, steps=3)
    listener.time += 2
    listener.page.grew(watcher.trace.part(0, 3))
    before = len(listener.said)
    other = watcher.trace
    other.critical[:] = 38.0
    listener.time += 2
    listener.page.grew(other)
    kinds = [message["kind"] for message, _ in listener.said[before:]]
    assert kinds == ["scene"]


@pytest.mark.parametrize("rule", ["gd", None])
@pytest.mark.parametrize("shift", [0.0, -50.0])
def test_a_scene_is_drawn_with_and_without_an_edge_and_of_losses_below_zero(rule, shift):
    watcher = curvkit.watch(
        lambda w: loss(w) + shift, rule=rule, learning_rate=0.05, every=1, budget=None
    )
    for step in range(2):
        watcher.observe(jnp.ones(2), step=step)
    trace = watcher.trace
    scene = scenes.loop(trace)
    marks = [mark.kind for view in scene.views for mark in view.marks]
    assert ("rule" in marks) == (rule == "gd")
    assert scene.views[1].y.log == (shift == 0)
    told = scene.as_dict(scenes.knob_facts(trace, 0.05))
    assert told["knobs"]["loop"]["choices"] == ["runs", "stop"]
    assert told["knobs"]["learning_rate"]["value"] == 0.05
    header, raw = pack.packed(scene.rows, scene.fixed)
    assert len(header) == len(scene.rows) and raw


class Place:
    def update(self, shown):
        self.shown = shown


def test_an_executed_notebook_keeps_the_scene_of_the_loop_when_that_has_ended():
    pytest.importorskip("anywidget", reason="anywidget is not installed")
    from curvkit.watching._live import KeptLoop

    watcher = curvkit.watch(loss, learning_rate=0.05, every=1, budget=None)
    place = Place()
    watcher._hand.page = KeptLoop(place)
    watcher._shown["stage"] = watcher._hand.page.grew
    for step in watcher.steps(3):
        assert not hasattr(place, "shown")
        watcher.observe(jnp.ones(2), step=step)
    packed = place.shown.packed()
    assert packed["scene"]["title"] == "Your own loop" and packed["header"][0]["shape"] == [3]


def test_where_nobody_watches_there_is_no_stage_and_the_loop_runs_as_ever():
    watcher = curvkit.watch(loss, learning_rate=0.05, every=1, budget=None)
    assert watcher.steer() is None and list(watcher.steps(2)) == [0, 1]
    assert watcher.learning_rate(0.3) == 0.3 and not watcher.stopped
    with pytest.raises(ValueError, match="default must be above 0, but 0 was given"):
        watcher.learning_rate(0)
    with pytest.raises(ValueError, match="count must be a whole number"):
        watcher.steps(2.5)


@pytest.mark.parametrize(
    ("turned", "right"),
    [(None, "below the edge"), (0.1, "at the edge"), (0.2, "beyond it")],
)
def test_a_loop_asks_before_it_begins_and_one_answer_is_right_of_its_end(turned, right):
    """On a quadratic of λ = 20 the edge is 40, 20 and 10."""
    turns = [(6, [turn(learning_rate=turned)])] if turned else []
    assert scenes.loop(trained(turns)[0].trace).right() == right


def test_where_no_edge_is_known_nothing_is_asked():
    watcher, _ = trained(optimizer=None, rule=None, takes=False)
    assert scenes.loop(watcher.trace).predict is None
