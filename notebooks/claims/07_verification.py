"""What notebook 07 claims, held against what its run told, printed and drew."""

import numpy as np

from curvkit.pages import thumbnail


def claims(done):
    """Found and proved close in; what looks robust is not what can be proved."""
    asked, whole = done.merits("verification"), done.merits("verification", model="B")
    assert asked["violated_share"] > 10
    for each in (asked, whole):
        assert each["best_attack"] <= each["highest_bound"]
        shares = [each[f"{name}_share"] for name in ("proved", "violated", "open")]
        assert abs(sum(shares) - 100) < 1e-6
    # All states of B are certified with a tolerance at which A has counterexamples.
    assert "For **100 %** of all states it is proved that model B" in done.told
    assert whole["proved_share"] == 100 and asked["best_attack"] > whole["highest_bound"]
    names = [each["name"] for each in done.titled("Who bounds it best?")["data"] if each["x"]]
    assert "below the attack: an error" not in names
    single = done.titled("Sampling is no proof")
    below = done.curve(single, "bound below: wrong", "x2").sum()
    assert below > 0 and below + done.curve(single, "bound above the value", "x2").sum() == 2000
    samples, attack = (
        thumbnail.numbers(each["x"])
        for each in single["data"]
        if each["name"] in ("samples", "attack")
    )
    assert samples.max() < attack.min()
    energy = done.titled("The energy of a pendulum")
    assert np.all(done.curve(energy, "proved", "x2")[:4] > done.curve(energy, "proved")[:4])
    likeness = done.titled("A digit is taken for one")
    kept = [
        100 - done.curve(likeness, "counterexample found", axis)[-1] for axis in ("x", "x2", "x3")
    ]
    proved = [done.curve(likeness, "proved", axis)[-1] for axis in ("x", "x2", "x3")]
    assert kept[1] > 1.5 * kept[0] and proved[2] > 2 * proved[1]
