"""Which test holds each series of a trace of `sobolev`, and which series none does."""

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
}
OPEN = [
    "at_points",
    "axis",
    "slopes_at_points",
    "step",
    "surface",
    "trained_error",
]
