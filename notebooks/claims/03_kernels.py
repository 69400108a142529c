"""What notebook 03 claims, held against what its run told, printed and drew."""


def claims(done):
    """Four numbers keep the kernel, and with it fifty layers trainable; plain ones are not."""
    shaped = done.merits("kernels")
    assert shaped["largest_miss"] < 1e-9
    assert shaped["plain_cosine"] > 0.99 and abs(shaped["shaped_cosine"]) < 1e-6
    orthogonal, gaussian = (
        done.merits("kernels.race", **each) for each in ({}, {"orthogonal": False})
    )
    assert max(orthogonal["plain_accuracy"], gaussian["plain_accuracy"]) < 0.2
    for name in ("dks_accuracy", "tat_accuracy"):
        assert orthogonal[name] > 0.9
        assert 0.5 < gaussian[name] and 1 - gaussian[name] > 2 * (1 - orthogonal[name])
    assert done.merits("kernels.race", activation="tanh")["plain_accuracy"] > 0.9
    assert done.merits("kernels", method="tat", depth=5)["attained_target"] < 0.9
