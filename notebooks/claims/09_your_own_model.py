"""What notebook 09 claims, held against what its run told, printed and drew."""

import re

import numpy as np

from curvkit.pages import thumbnail


def claims(done):
    """A Flax network starts beyond its edge and is flattened to it; each mistake is told."""
    went = re.findall(r"the sharpness went from ([\d.]+) to \*\*([\d.]+)\*\*", done.told)
    assert len(went) == 3
    (began, ended), (_, on_batches), (first, last) = ([float(e) for e in pair] for pair in went)
    # On batches neither kind of sharpness comes to 2/η.
    assert on_batches < 0.95 * 20
    assert 0.3 < done.found(r"Of batches of 16, .* it was \*\*([\d.]+)\*\*")[0] < 1.8
    # Of the transformer: it begins beyond its edge of 2, and is brought down towards it.
    assert first > 2 and last < 0.8 * first
    assert began > 20 and ended < 1.05 * 20
    layers = done.titled("Sharpness by layer")
    whole = done.curve(done.titled("Loss and sharpness"), "sharpness λ", "x2")
    for each in layers["data"]:
        assert np.all(thumbnail.numbers(each["y"]) <= 1.01 * whole)
    share, products = done.found(
        r"readings, ([\d.]+) of the training time[^·]*; ([\d.]+) products a reading"
    )
    assert share <= 1.1 and products < 6
    hessian, bent = done.found(r"Hessian ([\d.]+), Gauss-Newton ([\d.]+)")
    assert abs(hessian - ended) < 0.02 * ended and abs(hessian - bent) < 0.1 * hessian
    assert done.told.count("\n· ") + done.told.startswith("· ") == 5
