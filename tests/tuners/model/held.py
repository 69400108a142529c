"""Which test holds each series of a trace of `tuners.model`."""

HOLDS = {
    "test_balance.py": {
        "test_a_run_is_the_loop": [
            "offset",
            "sharpness",
            "learning_rate",
            "distance",
        ],
        "test_cdat_rests_at_the_edge_with_an_alignment_of_half_sigma": [
            "alignment",
        ],
        "test_an_undershooting_rate_lets_the_sharpness_grow_like_a_root": [
            "predicted_sharpness",
        ],
    },
    "test_series.py": {
        "test_steps_count_and_the_alignment_predicted_is_half_of_sigma": [
            "step",
            "predicted_alignment",
        ],
    },
}
