"""The dial's knobs as the contest's: the network that is trained has the dial's own maps."""

import numpy as np
import pytest

from curvkit.kernels import network_maps, ways
from curvkit.kernels.contest import Settings, dialled, experiment


@pytest.mark.slow
@pytest.mark.parametrize("turned", [dict(gain=1.4, bias=0.2), dict(activation="relu", weights="he",
                                    norm="batch", shortcut="growing")])  # fmt: skip
def test_what_is_trained_is_what_the_dial_shows(turned):
    dial = ways.run(depth=8, **turned)
    settings = Settings.read(dialled(dial.settings))
    blocks = experiment.plans(settings, 0.8)[0].parts[0]
    maps = network_maps(blocks, settings.activation, dial.cosine)
    np.testing.assert_allclose(dial.c[-1], maps.c, atol=2e-4)
