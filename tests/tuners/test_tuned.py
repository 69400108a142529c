"""What is said and drawn of tuned constants, of numbers made up for it; and a small sweep."""

import numpy as np
import pytest
from helpers import assert_close

from curvkit import tuners
from curvkit.tuners import Tuned

SHARED = {"base": "gd", "task": "mlp", "loss": "mse", "initialization": "torch"}
# Of the rates the first is slow, the second the best that always lives, the third dies once.
CONSTANTS = np.array([[[0.4, 0.5, 0.6], [0.1, 0.2, 0.3], [0.01, np.nan, 0.02]]])
LEVELS = {"CDAT σ = 2": np.array([[0.05, 0.1, 0.1]]), "Armijo": np.array([[0.2, 0.4, 0.9]])}
ONE = Tuned(SHARED, (0,), np.array([0.1, 0.2, 0.4]), np.ones(3), CONSTANTS, LEVELS)


def batches(*sizes):
    again = lambda each: np.concatenate([each] * len(sizes))
    levels = {name: again(each) for name, each in LEVELS.items()}
    return ONE._replace(batches=sizes, constants=again(CONSTANTS), levels=levels)


def test_the_best_constant_is_the_lowest_with_which_no_start_diverges():
    assert ONE.best() == 1 and ONE.diverged.tolist() == [[0, 0, 1]]
    assert_close(ONE.gain("CDAT σ = 2"), [2.0, 2.0, 3.0], rtol=1e-12)
    above = ONE._replace(first=np.array([1.0, 0.15, 1.0]))
    assert above.best() == -1 and np.isnan(above.gain("Armijo")).all()


def test_a_method_that_ends_above_its_start_has_no_gain():
    lost = ONE._replace(levels={"Armijo": np.array([[np.nan, 5.0, 0.1]])})
    assert_close(lost.gain("Armijo"), [0.0, 0.0, 3.0], rtol=1e-12)
    assert "Armijo above its start" in lost.words()


def test_the_sentence_says_who_ends_below_the_best_constant_and_by_how_much():
    told = ONE.words()
    assert "the best that no start of 3 diverges with is 0.200; it ends at 0.200" in told
    assert "CDAT σ = 2 **2.00** times lower, Armijo 2.00 times higher" in told
    assert told.startswith("*gradient descent, all examples*")
    assert batches(8, 0).words().startswith("*gradient descent, batches of 8*")
    assert "each of the constant rates diverges" in ONE._replace(first=np.zeros(3)).words()


def test_a_panel_has_medians_bands_levels_and_a_cross_where_a_start_diverges():
    figure = tuners.constants(ONE, batches(8, 0))
    named = lambda name: [each for each in figure.data if each.name == name]
    assert len(named("constant")) == 3
    assert list(named("constant")[0].y) == [0.5, 0.2] and list(named("diverges")[0].x) == [0.4]
    assert named("diverges")[0].hovertext == ("of 3 seeds 1 diverged",)
    assert list(named("Armijo")[0].y) == [0.4, 0.4]
    with pytest.raises(ValueError, match="tuners.tune"):
        tuners.constants()


def test_the_heat_map_has_a_column_for_each_size_of_batches_and_the_losses_in_its_cells():
    heat = tuners.by_batch(batches(8, 0)).data[0]
    assert list(heat.x) == ["8", "all"]
    assert list(heat.y) == ["best constant", "CDAT σ = 2", "Armijo"]
    assert_close(np.array(heat.z)[:, 0], [0.0, -np.log10(2), np.log10(2)], rtol=1e-12)
    assert [each[0] for each in heat.text] == ["0.200", "0.100", "0.400"]


def test_the_words_are_shown_above_the_figure(capsys):
    figure = tuners.draw(ONE)
    assert {each.name for each in figure.data} >= {"constant", "Armijo"}
    assert tuners.draw(batches(8, 0), heat=True).data[0].type == "heatmap"


@pytest.mark.slow
def test_a_sweep_has_the_losses_of_the_room_s_own_runs():
    shape = dict(width=4, depth=1, examples=20, initialization="torch", seed=3)
    swept = tuners.tune(rates=(0.1,), sigmas=(2.0,), steps=40, seeds=2, **shape)
    run = tuners.run(tuner="cdat", rival="constant", learning_rate=0.1, steps=40, every=1, seeds=2,
                     **shape)  # fmt: skip
    first = swept.first
    assert swept.constants.shape == (1, 1, 2) and set(swept.levels) == {"CDAT σ = 2", "Armijo"}
    for seed in range(2):
        # Before the edge: the same start, and the lowest of the last 20 losses.
        assert_close(first[seed], run.loss[0, 0, seed], rtol=1e-5)
        late = run.loss[21:41, :, seed].min(0)
        found = [swept.levels["CDAT σ = 2"][0, seed], swept.constants[0, 0, seed]]
        assert_close(np.array(found), late, rtol=1e-3)


def test_rates_and_batches_that_are_none_are_refused():
    for wrong in (dict(rates=(0.0,)), dict(sigmas=(-1.0,)), dict(batches=(-1,)), dict(steps=0)):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            tuners.tune(**wrong)


def test_knobs_are_trained_when_somebody_asks_for_it_and_told_to_who_listens(monkeypatch):
    monkeypatch.setattr("curvkit.tuners.widget.tune", lambda **knobs: ONE)
    heard = []
    monkeypatch.setenv("CURVKIT_HEADLESS", "1")
    figure = tuners.draw(dict(seeds=3), then=heard.append)
    assert heard == [ONE] and len(figure.data) == len(tuners.constants(ONE).data)
    monkeypatch.setenv("CURVKIT_HEADLESS", "0")
    box = tuners.draw(dict(seeds=3), then=heard.append)
    assert heard == [ONE] and not box.canvas.figure.data
    box.children[0].children[0].click()
    assert heard == [ONE, ONE] and box.canvas.figure.data
