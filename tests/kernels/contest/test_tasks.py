"""What the contenders are asked, against arrays that are taken apart by hand."""

import numpy as np
import pytest

from curvkit import data
from curvkit.kernels.contest import _tasks as tasks


def test_an_autoencoder_of_the_mean_digit_keeps_nothing_and_one_of_the_digits_all():
    (inputs, pixels), (_, tested) = tasks.examples(*data.digits(1797), "autoencoder")
    mean = np.asarray(pixels).mean(0)
    assert inputs.shape == (1437, 65) and pixels.shape == (1437, 64)
    share = lambda outputs: float(tasks.share("autoencoder", outputs, tested, mean))
    assert share(np.broadcast_to(mean, tested.shape)) == pytest.approx(0, abs=1e-6)
    assert share(tested) == 1
    off = np.asarray(tested) - 0.5
    assert float(tasks.loss("autoencoder", off, tested)) == pytest.approx(64 / 8, rel=1e-5)


def test_pictures_have_the_pixels_of_their_digits_two_by_two():
    pixels = np.arange(128.0).reshape(2, 64)
    cut = tasks.places(pixels, "images")
    square = pixels[1].reshape(8, 8)
    np.testing.assert_array_equal(cut[1, 2, 3], square[4:6, 6:8].ravel())
    color = np.arange(2 * 3072.0).reshape(2, 3072)
    seen, whole = tasks.places(color, "images", "cifar10"), color[1].reshape(3, 32, 32)
    np.testing.assert_array_equal(seen[1, 4, 9], whole[:, 8:10, 18:20].transpose(1, 2, 0).ravel())
    x = np.asarray(tasks.examples(*data.digits(1797), "images")[0][0][:9])
    np.testing.assert_allclose((x**2).mean(-1), 1, rtol=1e-5)
