"""Pictures that stand for inputs."""

import numpy as np

from curvkit.draw.scene.pictures import digits


def test_there_are_ten_pictures_of_ink_and_paper_each_unlike_the_others():
    pictures = digits()
    assert pictures.shape == (10, 8, 8) and set(np.unique(pictures)) == {0.0, 1.0}
    apart = np.abs(pictures[:, None] - pictures[None]).sum((2, 3))
    assert apart[~np.eye(10, dtype=bool)].min() >= 4


def test_a_nought_is_hollow_and_an_eight_has_two_holes():
    nought, eight = digits()[[0, 8]]
    assert not nought[2:6, 3:5].any()
    assert not eight[[1, 2, 4, 5], 3:5].any() and eight[3, 3:5].all()
    assert (digits().mean((1, 2)) > 0.2).all() and (digits().mean((1, 2)) < 0.6).all()
