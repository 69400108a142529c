"""Which test holds each series of a trace of `kernels`."""

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
    "test_series.py": {
        "test_activations_and_one_layer_s_maps_are_those_of_the_parameters": [
            "step",
            "cosine",
            "input",
            "plain_output",
            "shaped_output",
            "plain_local",
            "shaped_local",
            "plain_weights",
            "shaped_weights",
        ],
        "test_each_layer_takes_mean_squares_and_cosines_as_its_integrals_do": [
            "plain_q",
            "plain_c",
            "shaped_q",
            "shaped_c",
        ],
        "test_tangent_kernels_are_sums_over_layers_and_their_condition_numbers_of_ten_inputs": [
            "plain_ntk",
            "plain_kappa",
            "shaped_ntk",
            "shaped_kappa",
        ],
        "test_conditions_are_achieved_as_integrals_say_and_the_limit_is_that_of_a_flow": [
            "achieved",
            "missed",
            "lower",
            "upper",
            "limit",
        ],
        "test_each_root_s_activation_is_that_of_its_parameters": ["root_output", "root_c"],
        "test_sampled_networks_start_at_the_pairs_cosines": ["pair", "sampled"],
        "test_what_is_built_is_the_architecture_read_layer_by_layer": [
            "built_plain",
            "built_shaped",
            "built_parts",
            "built_layers",
            "built_goal",
        ],
    },
}
