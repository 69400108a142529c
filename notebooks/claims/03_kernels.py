"""What notebook 03 claims, held against what its run told, printed and drew."""

import math
import re


def claims(done):
    """Four numbers keep the kernel, and with it fifty layers trainable; plain ones are not."""
    shaped = done.merits("kernels")
    assert shaped["largest_miss"] < 1e-9
    assert shaped["plain_cosine"] > 0.99 and abs(shaped["shaped_cosine"]) < 1e-6
    assert "is out of reach of so few layers" in done.told
    races(done)
    one_layer(done)
    ways_to_fail(done)
    the_contest(done)
    # A network that is built agrees with its plan; one that was not shaped does not.
    assert re.findall(r"Model and plan (agree|differ)", done.told) == ["agree", "differ"]


def races(done):
    """Shaped softplus and sigmoid learn, plain ones do not, tanh does; Gaussian weights cost."""
    orthogonal = done.merits("kernels.race")
    assert orthogonal["plain_accuracy"] < 0.2
    pattern = r"After \d+ steps \((\w+), .*?(orthogonal|Gaussian) weights\).*?At best: (.*?)\.\s"
    best = {
        (name, law): [float(each) for each in re.findall(r" ([\d.]+) %", told)]
        for name, law, told in re.findall(pattern, done.told + " ")
    }
    gaussian = best["softplus", "Gaussian"]
    for at, name in ((1, "dks_accuracy"), (2, "tat_accuracy")):
        assert orthogonal[name] > 0.9
        assert 50 < gaussian[at] and 100 - gaussian[at] > 200 * (1 - orthogonal[name])
    assert gaussian[0] < 20 and best["tanh", "orthogonal"][0] > 90
    sigmoid = best["sigmoid", "orthogonal"]
    assert sigmoid[0] < 20 and min(sigmoid[1:]) > 90


def one_layer(done):
    """A wide layer has the mean square and the cosine that the expectations say."""
    found = done.found(r"sampled: mean square ([\d.]+), cosine ([\d.]+); theory: ([\d.]+) and (.+)")
    # Of 20 000 units: some percent of their own spread.
    assert abs(found[0] - found[2]) < 0.05 and abs(found[1] - found[3]) < 0.01
    assert 31.5 < math.degrees(math.acos(found[3])) < 32.5


def cells(done, width):
    """The rows of tables of so many cells, by their first."""
    lines = [line for line in done.told.splitlines() if line.startswith("|")]
    split = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: row[1:] for row in split if len(row) == width}


def ways_to_fail(done):
    """Which plain activations lose angles and which lengths; what each other way leaves undone."""
    lost = {name: row[-1] for name, row in cells(done, 6).items()}
    assert all("angles" in lost[name].split(" and ")[0] for name in ("softplus", "sigmoid"))
    assert lost["relu"].startswith("angles") and lost["tanh"] == "lengths"
    assert "some of the angles and lengths" == lost["gelu"] == lost["swish"]
    assert lost["selu"].startswith("nothing yet")
    rows = cells(done, 8)
    assert float(rows["ReLU, LayerNorm after it"][3]) > 1e3
    assert float(rows["ReLU, He"][3]) == 1 and float(rows["ReLU, He"][1]) > 0.9
    assert float(rows["tanh, σ_w = 2.5"][3]) > 1e3


def the_contest(done):
    """A shaped residual network keeps up with BatchNorm; one of plain sums diverges."""
    rows = cells(done, 5)
    accuracy = lambda name: float(rows[name][0])
    assert accuracy("BatchNorm, ReLU") > 95
    assert accuracy("no normalisation, DKS sigmoid") > max(95, accuracy("BatchNorm, ReLU") - 3)
    assert rows["no normalisation, ReLU"][-1] == "4 of 4"
    assert accuracy("convolutions, DKS softplus") > 85
    # The edge of chaos trains, order and chaos do not; the maps foretold it of each.
    walked = {name: row for name, row in cells(done, 6).items() if row[-1] in ("yes", "**no**")}
    assert len(walked) == 4 and {row[-1] for row in walked.values()} == {"yes"}
    assert [name for name, row in walked.items() if row[2] == "it learns"] == ["tanh, on the edge"]
    assert all((float(row[3]) > 60) == (row[2] == "it learns") for row in walked.values())
    assert max(float(row[3]) for row in walked.values() if row[2] != "it learns") < 35
    loss = lambda name: float(rows[name][1])
    assert 1.2 * loss("kfac") < loss("adam")
