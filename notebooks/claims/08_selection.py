"""What notebook 08 claims, held against what its run told, printed and drew."""


def claims(done):
    """The paper's rule finds the good groups first; the trap is taken, as its condition says."""
    search = done.merits("selection")
    assert search["good_found"] == 1
    ours, raw = done.found(r"good groups?, the last by pick (\d); the other rule .* by pick (\d)\.")
    assert ours < raw
    odds = done.merits("selection.odds")
    assert odds["raw_rule"] < odds["omp"] < odds["group_omp"] > odds["proved_noiseless"] > 0
    variance = done.found(
        r"least error is that of \*\*Group Lasso\*\* \(([\d.]+) of the variance\)"
    )
    assert variance[0] < done.found(r"Group-OMP has \*\*([\d.]+)\*\* with \d groups")[0]
    scores = {name: float(row[0].split()[0]) for name, row in done.rows(4, "±").items()}
    assert scores["Group-OMP"] > max(scores["Lasso"], scores["Group Lasso"])
    assert "From 1000 rows was taken: **trap**, then **good**." in done.told
    assert done.found(r"μ is between \*\*([\d.]+)\*\*")[0] > 1
