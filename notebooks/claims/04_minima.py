"""What notebook 04 claims, held against what its run told, printed and drew."""


def claims(done):
    """Bad minima are proved, and what is false is not; nearly no run gets all points right."""
    assert done.merits("minima")["solved"] < 0.05
    assert "strict local minimum with loss 5.7773784490630" in done.told
    for name, loss in {"P1": "18", "P2": "8/3", "P3": "2/3"}.items():
        assert f"'{name}': ('proved', '{loss}')" in done.told
    fell = done.merits("minima.basin")
    assert fell["fell_into_it"] > 0.05 and fell["went_below_it"] > 0.5
    cells, alike = done.found(r"Of (\d+) cells \*\*(\d+)\*\* are within two binomial errors")
    # One in twenty is beyond two by chance; of so many, twelve happen once in a hundred times.
    assert cells - alike <= 12
    assert done.found(r"\*\*(\d+) bad minim(?:a are|um is) proved")[0] >= 1
    refused = ("**Not proved**: critical point.", "**Not proved**: better point.")
    assert all(each in done.told for each in refused)
