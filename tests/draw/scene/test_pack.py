"""Fields as bytes: what a page reads is what was written, to what no one can see."""

import base64
import zlib

import numpy as np
import pytest

from curvkit.draw.scene import pack


def unpacked(header, raw):
    """What the page makes of it, written anew."""
    fields = {}
    for entry in header:
        size = int(np.prod(entry["shape"], dtype=int))
        if entry["dtype"] == "f4":
            values = np.frombuffer(raw, np.float32, size, entry["offset"]).astype(float)
        else:
            codes = np.frombuffer(raw, np.uint16, size, entry["offset"])
            values = entry["low"] + codes * (entry["high"] - entry["low"]) / 65534
            values[codes == 65535] = np.nan
        fields[entry["name"]] = values.reshape(entry["shape"])
    return fields


CASES = {
    "a curve": np.linspace(-3, 7, 500),
    "one value": np.full(9, 2.5),
    "gaps": np.array([1.0, np.nan, 3.0, np.inf, -np.inf, 2.0]),
    "nothing finite": np.full(4, np.nan),
    "a divergence": np.append(np.linspace(0, 1, 200), [1e3, 1e9, 1e30]),
    "growth": 3.0 ** np.arange(41) * (-1) ** np.arange(41),
    "tiny": np.linspace(0, 1e-20, 50),
    "whole numbers": np.arange(40),
    "a grid": np.random.default_rng(0).normal(size=(7, 5, 3)),
    "none": np.zeros((0, 4)),
}


@pytest.mark.parametrize("values", CASES.values(), ids=CASES)
@pytest.mark.parametrize("exact", [False, True])
def test_numbers_come_back_and_what_is_not_finite_stays_so(values, exact):
    header, raw = pack.packed({"x": values}, {"fixed": np.ones(3)}, exact=exact)
    assert [entry["time"] for entry in header] == [True, False]
    assert all(entry["offset"] % 4 == 0 for entry in header)
    back = unpacked(header, raw)["x"]
    good = np.isfinite(values)
    assert (np.isfinite(back) == good).all() and back.shape == values.shape
    spread = np.subtract(*np.quantile(values[good], [0.95, 0.05])) if good.any() else 0.0
    away = np.abs(back[good] - values[good])
    off = away / np.maximum(np.abs(values[good]), 1e-30)
    near = away <= (0 if exact else 1.01 * pack.UNSEEN * spread)
    assert (near | (off < 2e-7)).all()


def test_a_divergence_does_not_flatten_what_came_before():
    header, _ = pack.packed({"x": CASES["a divergence"]}, {})
    assert header[0]["dtype"] == "f4"
    header, _ = pack.packed({"x": CASES["growth"]}, {})
    assert header[0]["dtype"] == "f4"
    header, _ = pack.packed({"x": CASES["a curve"]}, {})
    assert header[0]["dtype"] == "u2"


def test_as_text_it_is_the_same_bytes():
    header, raw = pack.packed({"x": np.arange(5.0)}, {})
    told = pack.as_text(header, raw)
    assert zlib.decompress(base64.b64decode(told["bytes"])) == raw and told["header"] == header
