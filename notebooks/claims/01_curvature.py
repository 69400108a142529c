"""What notebook 01 claims, held against what its run told, printed and drew."""

import re


def claims(done):
    """Gradient descent, heavy ball and Adam settle at their edges, which one is climbed to."""
    told = re.findall(
        r"last half of the run is \*\*([\d.]+)\*\* \(([\d.]+) is the edge\)", done.told
    )
    settled = {float(edge): float(value) for value, edge in told if float(value) > 1}
    assert 400 <= done.found(r"came to its edge at step \*\*(\d{3})\*\*")[0] <= 900
    assert abs(settled[2.0] - 2.0) <= 0.05
    assert abs(settled[3.8] - 3.8) <= 0.1
    assert abs(settled[38.0] - 38.0) <= 3
    # With no other curvature to go to, the preconditioner alone finds the edge.
    for rule, edge, near in (("rmsprop", 2.0, 0.05), ("adam", 38.0, 1.0)):
        alone = done.found(rf"{rule} at η = [\d.]+ on a quadratic: .* settles at ([\d.]+)")[0]
        assert abs(alone - edge) < near
    # What steps in a norm of its own has its edge there; the largest eigenvalue is far below it.
    for rule, near in (("sign_descent", 0.25), ("lion", 2.0), ("muon", 0.7)):
        level, edge, raw = done.found(
            rf"{rule}: in its own norm .* settles at ([\d.]+) of ([\d.]+); .* ends at ([\d.e-]+)"
        )
        assert abs(level - edge) < near and raw < 0.1 * edge
    # On batches neither of the two kinds of sharpness comes to 2/η.
    assert done.found(r"it reached ([\d.]+) of 2. Of batches of 16")[0] < 1.9
    assert 0.5 < done.found(r"Of batches of 16, .* it is \*\*([\d.]+)\*\*")[0] < 1.8
    # Far beyond the edge a catapult: the loss rises first, and all is flatter afterwards.
    assert done.found(r"loss rose to (\d+) times its start")[0] > 2
    assert done.found(r"Sharpness went from 280 to \*\*([\d.]+)\*\*")[0] < 140
