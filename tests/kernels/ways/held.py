"""Which test holds each series of a trace of `kernels.ways`."""

HOLDS = {
    "test_experiment.py": {
        "test_the_rows_are_the_maps_of_the_networks_in_double_precision": [
            "c", "kappa", "log_slope", "q",
        ],
        "test_the_grids_are_even_and_the_dot_is_where_the_knobs_are": [
            "at", "cosine", "plane_bias", "plane_gain", "step",
        ],
    },
    "test_plans.py": {
        "test_the_edge_of_chaos_of_the_plane_is_where_a_layer_keeps_the_slope": ["chi"],
        "test_the_edge_is_where_lengths_and_slopes_are_both_preserved": ["edge"],
    },
}  # fmt: skip
