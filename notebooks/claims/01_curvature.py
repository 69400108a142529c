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
    # Far beyond the edge a catapult: the loss rises first, and all is flatter afterwards.
    assert done.found(r"loss rose to (\d+) times its start")[0] > 2
    assert done.found(r"Sharpness went from 280 to \*\*([\d.]+)\*\*")[0] < 140
