"""Which test holds each series of a trace of `minima`, and which series none does."""

HOLDS = {
    "test_experiment.py": {
        "test_runs_end_at_the_proved_level_and_it_is_the_one_proved": [
            "levels",
            "loss",
            "wrong",
        ],
        "test_units_are_dead_at_the_start_as_often_as_is_predicted": [
            "dead_at_start",
            "predicted_dead",
        ],
    },
}
OPEN = [
    "counts",
    "axis_1",
    "axis_2",
    "best_loss",
    "best_surface",
    "dead",
    "gradient_norm",
    "later_loss",
    "level_widths",
    "points",
    "small",
    "targets",
    "typical_loss",
    "typical_surface",
    "width",
]
