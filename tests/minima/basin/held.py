"""Which test holds each series of a trace of `minima.basin`, and which series none does."""

HOLDS = {
    "test_plane.py": {
        "test_the_surface_has_the_proved_level_in_its_middle": [
            "axis_along",
            "axis_across",
            "surface",
            "level",
        ],
        "test_starts_close_to_the_minimum_fall_into_it": [
            "loss",
        ],
    },
    "test_drop.py": {
        "test_a_run_that_is_dropped_on_a_start_of_the_grid_goes_the_same_way": [
            "dropped_along",
            "dropped_across",
            "dropped_loss",
        ],
    },
}
OPEN = [
    "across",
    "along",
    "better_along",
    "better_loss",
    "box_radius",
    "eigenvalue_radii",
    "eigenvalues",
    "off_plane",
    "proved",
    "step",
]
