"""What notebook 11 claims, held against what its run told, printed and drew."""

import re


def claims(done):
    """The central flow is where the run is on average; gradient flow, and greed, go on climbing."""
    told = r"{} flow is ([\d.]+)% of the way gone [^.]*, at a sharpness of ([\d.]+)\."
    ended = [re.findall(told.format(name), done.told) for name in ("gradient", "central")]
    assert all(ended)
    (free, climbed), (held, level) = (map(float, each[0]) for each in ended)
    assert held < 0.1 * free and climbed > 26 and abs(level - 20) < 0.1
    for seed in (1, 2):
        numbers = (
            rf"seed {seed}: gradient flow astray by ([\d.]+)% of the way, central by ([\d.]+)%"
        )
        free, held = done.found(numbers)
        assert held < 0.1 * free
    ours, free, held = done.found(
        r"the run ([\d.]+), gradient flow ([\d.]+), central flow ([\d.]+)"
    )
    assert abs(held / ours - 1) < 0.03 and free < 0.96 * ours
    network, model = done.found(r"in units of a/b: network ([\d.]+), model ([\d.]+)")
    assert 0.7 < network < 1.3 and 0.8 < model < 1.2
    zigzag, third = done.found(r"by the zigzag ([\d.]+), by the third derivative ([\d.]+)")
    assert 0.7 < zigzag / third < 1.3
    tuned = {}
    for name in ("CDAT", "greedy"):
        tuned[name] = done.found(
            rf"{name}: gradient flow astray by ([\d.]+)%, central by ([\d.]+)%; sharpness "
            r"of the run ([\d.]+), of the flows ([\d.]+) and ([\d.]+)"
        )
    free, held, run, climbed, level = tuned["CDAT"]
    assert held < 0.1 * free and climbed > 1.5 * run and abs(level / run - 1) < 0.1
    # What never jumps is both flows at once.
    free, held, run, climbed, level = tuned["greedy"]
    assert max(free, held) < 1 and max(abs(each / run - 1) for each in (climbed, level)) < 0.03
    assert "There is no central flow here" in done.told
    assert "Flows are of gradient descent on all data alone: none for heavy ball." in done.told
