"""One more run that is dropped by hand: it goes as the others do, and changes none of them."""

import json

import numpy as np
import pytest

from curvkit.minima.basin import Settings, Trace, scenes, stream

pytest.importorskip("flint")
SHORT = dict(steps=400, every=40)


@pytest.fixture(scope="module")
def plain():
    return stream.run(Settings.read(**SHORT))


@pytest.mark.parametrize("row, column", [(6, 7), (2, 3), (12, 0)])
def test_a_run_that_is_dropped_on_a_start_of_the_grid_goes_the_same_way(row, column):
    shares = np.linspace(-1, 1, 13)
    trace = stream.run(Settings.read(**SHORT, drop_along=shares[column], drop_across=shares[row]))
    at = 13 * row + column
    np.testing.assert_allclose(trace.dropped_along, trace.along[:, at], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(trace.dropped_across, trace.across[:, at], rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose(trace.dropped_loss, trace.loss[:, at], rtol=1e-4)


def test_where_it_starts_changes_no_other_run(plain):
    other = stream.run(Settings.read(**SHORT, drop_along=-0.8, drop_across=0.7))
    for name in ("along", "across", "off_plane", "loss", "surface"):
        np.testing.assert_array_equal(getattr(other, name), getattr(plain, name))
    assert not np.array_equal(other.dropped_loss, plain.dropped_loss)


def test_its_fate_is_said_in_one_word_at_each_reading(plain):
    drawn = scenes.marbles(plain)
    fate = drawn.rows["own_fate"]
    for code in range(4):
        said = np.isfinite(drawn.rows[f"x{code}"])
        np.testing.assert_array_equal(said, fate == code)
    level, loss = float(plain.level), plain.dropped_loss[-1]
    assert fate[0] == 0 and fate[-1] == 1 and abs(loss / level - 1) < 1e-3
    lost = np.full_like(plain.dropped_loss, np.nan)
    broken = scenes.marbles(Trace(header=plain.header, **{**plain.arrays(), "dropped_loss": lost}))
    assert np.all(broken.rows["own_fate"] == 3) and np.all(np.isfinite(broken.rows["x3"]))
    np.testing.assert_array_equal(broken.rows["fate"], drawn.rows["fate"])


def test_a_trace_of_an_earlier_version_is_drawn_to_its_end(tmp_path, plain):
    settings = {k: v for k, v in plain.settings.items() if not k.startswith("drop_")}
    told = json.dumps({**plain.header, "settings": settings}, sort_keys=True)
    arrays = {name: each for name, each in plain.arrays().items() if name not in Trace.LATER}
    np.savez_compressed(tmp_path / "old.npz", header=np.array(told), **arrays)
    old = Trace.load(tmp_path / "old.npz")
    assert np.isnan(old.dropped_loss).all() and old.finite == plain.finite == plain.readings
    assert scenes.marbles(old).count == plain.readings
