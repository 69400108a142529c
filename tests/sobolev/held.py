"""Which test holds each series of a trace of `sobolev`."""

HOLDS = {
    "test_experiment.py": {
        "test_a_pair_starts_from_the_same_weights_on_the_function_s_own_values_and_slopes": [
            "targets",
            "slopes",
            "truth",
            "points",
        ],
        "test_a_comparison_holds_the_errors_of_the_runs": [
            "value_error",
            "slope_error",
        ],
        "test_slopes_make_the_loss_sharper": [
            "sharpness",
        ],
    },
    "test_series.py": {
        "test_both_networks_are_drawn_as_they_are_at_each_reading": [
            "step",
            "axis",
            "surface",
            "at_points",
            "slopes_at_points",
        ],
        "test_errors_are_mean_squares_on_the_points_and_on_the_grid": [
            "trained_error",
            "value_error",
            "slope_error",
            "truth",
        ],
        "test_the_sharpness_is_the_largest_eigenvalue_of_the_dense_hessian_of_what_is_trained": [
            "sharpness",
        ],
    },
}
