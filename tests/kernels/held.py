"""Which test holds each series of a trace of `kernels`, and which series none does."""

HOLDS = {
    "test_experiment.py": {
        "test_the_trace_has_the_parameters_of_shape_to_single_precision": [
            "parameters",
            "missed",
        ],
        "test_a_plain_network_collapses_and_a_shaped_one_goes_to_its_limit": [
            "plain_c",
            "shaped_c",
            "shaped_q",
        ],
        "test_sampled_orthogonal_networks_lie_near_the_theory": [
            "sampled",
        ],
        "test_the_condition_number_is_that_of_the_matrix_of_ten_orthogonal_inputs": [
            "shaped_kappa",
            "shaped_ntk",
        ],
        "test_out_of_reach_is_cut_to_what_is_attained_and_said": [
            "goal",
        ],
        "test_all_roots_are_offered_and_each_keeps_the_network_s_slope": [
            "roots",
            "root_c",
        ],
        "test_the_shaped_map_is_drawn_within_its_bounds": [
            "lower",
            "upper",
        ],
    },
}
OPEN = [
    "achieved",
    "built_goal",
    "built_layers",
    "built_parts",
    "built_plain",
    "built_shaped",
    "cosine",
    "input",
    "limit",
    "pair",
    "plain_kappa",
    "plain_local",
    "plain_ntk",
    "plain_output",
    "plain_q",
    "plain_weights",
    "root_output",
    "shaped_local",
    "shaped_output",
    "shaped_weights",
    "step",
]
