"""What notebook 00 claims, held against what its run told, printed and drew."""


def claims(done):
    """The edge of a quadratic is at 2; beyond it a run diverges; a refusal is a sentence."""
    edge = done.merits("curvature", steps=60)
    assert abs(edge["settled_scaled_sharpness"] - 2) < 0.01 and not edge["diverged"]
    assert done.merits("curvature", learning_rate=0.11)["diverged"]
    assert "learning_rate must be a number from" in done.told
