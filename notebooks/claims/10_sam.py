"""What notebook 10 claims, held against what its run told, printed and drew."""

import re


def claims(done):
    """SAM settles near its own edge, above it the more the larger ρ, and bounces on a quadratic."""
    told = done.merits("sam")
    assert told["settled_sharpness"] < 0.25 * told["settled_plain_sharpness"]
    assert abs(told["settled_plain_sharpness"] - 20) < 1 and 1 < told["settled_ratio"] < 1.15
    assert told["settled_loss"] > told["settled_plain_loss"]
    came = r" began at [\d.]+ and came to its edge at step (\d+)"
    steps = re.findall(f"sharpness of SAM{came}", done.told)
    plain = done.found(f"sharpness of gradient descent{came}")[0]  # not on the quadratic
    assert int(steps[0]) < 50 and plain > 5 * int(steps[0])
    _of_every_rho(done)
    _on_the_quadratic(done)
    shares = [done.found(rf"\n{name}: share of the gradient along the top ([\d.]+)")[0]
              for name in ("SAM", "gradient descent")]  # fmt: skip
    assert shares[0] < 0.15
    uphill = re.findall(r"at the distance ρ uphill it is higher by (\S+) and by (\S+)\.", done.told)
    assert float(uphill[0][0]) < 0.5 * float(uphill[0][1])


def _of_every_rho(done):
    """Sharpness and edge fall with ρ, the ratio grows, and up to ρ = 0.1 it is within a tenth."""
    numbers = r"ρ = {}: λ ([\d.]+), λ\* ([\d.]+), ratio ([\d.]+), loss"
    rows = [done.found(numbers.format(rho)) for rho in ("0.001", "0.01", "0.1", "0.3", "1.0")]
    levels, edges, ratios = zip(*rows, strict=True)
    assert list(levels) == sorted(levels)[::-1] and list(edges) == sorted(edges)[::-1]
    assert list(ratios) == sorted(ratios) and max(ratios[:3]) < 1.1
    assert 1.3 < ratios[-1] < 1.8  # half as much again
    assert 2 < levels[1] / levels[2] < 5 and levels[0] < 19.5


def _on_the_quadratic(done):
    """It ends at its edge, which has come to the sharpness; beyond 2/η both diverge."""
    bounced = done.merits("sam", data="quadratic", steps=60)
    assert abs(bounced["settled_ratio"] - 1) < 0.01 and abs(bounced["settled_edge"] - 15) < 0.15
    assert bounced["settled_loss"] > 10 * bounced["settled_plain_loss"]
    done.found(r"SAM \*\*diverged at step (\d+)\*\*")
    done.found(r"Gradient descent \*\*diverged at step (\d+)\*\*")
