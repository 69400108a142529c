"""What notebook 06 claims, held against what its run told, printed and drew."""


def claims(done):
    """On-policy distillation with reward turns for ever; with one more term it is a gradient."""
    turning, rests = (
        done.merits("distillation"),
        done.merits("distillation", variant="n_distill_reward"),
    )
    assert turning["asymmetry"] > 0.1 and turning["swing"] > 1
    assert rests["asymmetry"] < 1e-5 and rests["swing"] < 0.01
    alone = done.merits("distillation", reward_weight=0.0)
    assert alone["swing"] < 0.01 and alone["asymmetry"] > 10 * rests["asymmetry"]
    table = {name: row for name, row in done.rows(8).items() if name not in ("variant", "---")}
    assert len(table) == 16
    for name, row in table.items():
        assert row[6] == "not said" or row[5].strip("*") == row[6], name
    _distillation_by_sampling(done)


def _distillation_by_sampling(done):
    """Students that act come near sooner; the value gate goes beyond a noisy teacher."""
    noisy = done.merits("distillation.grid", teacher_noise=0.4)
    on_policy, *told = (noisy[f"return_{each}"] for each in ("first", "second", "third", "fourth"))
    assert on_policy < noisy["teacher_return"] < min(told)
    # Who acts: the contest without a noisy teacher is told after the other.
    after = r"comes to 90 % of it after \*\*(\d+)\*\*"
    acting = rf"teacher distill \*\*.*On policy {after}.*Teacher distill {after}"
    student, teacher = done.found(acting)
    assert student < teacher
    assert "N distill does not come to 90 % of it." in done.told
    pole = {name: float(row[-1]) for name, row in done.rows(6).items() if "_" in name}
    started = float(done.rows(6)["n_distill"][0])
    assert pole["n_distill"] < started < min(pole["on_policy"], pole["n_distill_reward"])
    noise = [float(each) for each in done.rows(7)["256"]]
    assert noise[0] > 5 * noise[2] and max(noise[3:]) < 1.2 * min(noise[3:])
