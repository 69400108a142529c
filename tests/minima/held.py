"""Which test holds each series of a trace of `minima`."""

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
    "test_series.py": {
        "test_both_looks_are_at_a_loop_of_adam_after_so_many_steps_and_half_as_many_again": [
            "width",
            "loss",
            "later_loss",
            "gradient_norm",
            "small",
        ],
        "test_units_are_counted_as_off_where_no_point_turns_them_on": [
            "dead_at_start",
            "dead",
            "wrong",
        ],
        "test_only_the_runs_that_were_asked_for_count": ["counts"],
        "test_the_best_run_and_the_typical_failure_are_chosen_by_their_losses": [
            "best_loss",
            "typical_loss",
        ],
        "test_surfaces_are_what_the_chosen_networks_return_over_the_plane_of_the_points": [
            "best_surface",
            "typical_surface",
            "axis_1",
            "axis_2",
            "points",
            "targets",
        ],
        "test_a_level_is_the_loss_of_the_proved_network_and_of_its_width": [
            "levels",
            "level_widths",
        ],
    },
}
