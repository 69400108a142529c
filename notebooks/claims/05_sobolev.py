"""What notebook 05 claims, held against what its run told, printed and drew."""


def claims(done):
    """Slopes help where points can tell the function, and harm where they cannot."""
    told, ackley = done.merits("sobolev"), done.merits("sobolev", function="ackley")
    noisy = done.merits("sobolev", slope_noise=1.0)
    assert told["share_helped"] >= 0.9 and told["sobolev_error"] < 0.5 * told["values_error"]
    for harmed in (ackley, noisy):
        assert harmed["share_helped"] <= 0.1
        assert harmed["sobolev_error"] > 2 * harmed["values_error"]
    table = done.rows(8)
    assert table["ackley"][5] == "harms"
    helped = {name for name, row in table.items() if row[5] == "helps"}
    assert {"booth", "mccormick", "rosenbrock", "styblinski-tang"} <= helped
    share, times = done.found(r"takes ([\d.]+) of their operations and comes to \S+ ([\d.]+) times")
    alone, whole = done.found(r"is \*\*(\S+)\*\* on values alone and \*\*(\S+)\*\* with whole")
    assert 0.3 < share < 0.7 and 1 < times < alone / whole
    given = {name: float(row[0].split("%")[0]) for name, row in done.rows(3, "%").items()}
    assert given["values alone"] < given["nothing"] < given["Sobolev"] < given["backpropagation"]
    assert given["slopes alone"] > given["Sobolev"]
    assert "Array([ True, False]" in done.told
