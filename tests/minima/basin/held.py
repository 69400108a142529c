"""Which test holds each series of a trace of `minima.basin`."""

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
    "test_moved.py": {
        "test_what_is_moved_is_what_is_proved_and_descended_on": [
            "points",
            "labels",
            "failed",
            "proved",
            "better_loss",
            "better_along",
        ],
    },
    "test_drop.py": {
        "test_a_run_that_is_dropped_on_a_start_of_the_grid_goes_the_same_way": [
            "dropped_along",
            "dropped_across",
            "dropped_loss",
        ],
    },
    "test_series.py": {
        "test_coordinates_and_losses_are_those_of_a_loop_over_steps": [
            "step",
            "along",
            "across",
            "off_plane",
            "loss",
        ],
        "test_the_surface_is_the_loss_of_the_weights_at_each_place": [
            "axis_along",
            "axis_across",
            "surface",
        ],
        "test_the_better_point_is_where_the_loss_is_that_of_its_weights": [
            "better_along",
            "better_loss",
        ],
        "test_eigenvalues_are_those_of_the_dense_hessian_and_one_critical_point_is_in_the_box": [
            "eigenvalues",
            "eigenvalue_radii",
            "box_radius",
        ],
        "test_what_is_not_proved_is_not_called_proved_and_rectifiers_have_no_box": [
            "proved",
        ],
    },
}
