"""Which test holds each series of a trace of `curvature`."""

HOLDS = {
    "test_experiment.py": {
        "test_what_is_recorded_is_what_the_dense_hessian_says": [
            "loss",
            "sharpness",
            "preconditioned_sharpness",
            "second_eigenvalue",
            "scaled_sharpness",
            "alignment",
            "directional_curvature",
        ],
        "test_the_gradient_along_the_top_eigenvector_changes_sign_where_the_iterate_jumps": [
            "top_gradient",
        ],
        "test_the_last_reading_is_at_the_last_step": [
            "step",
        ],
        "test_the_products_of_a_reading_are_few_once_it_is_warm": [
            "products",
        ],
        "test_beyond_the_edge_a_quadratic_diverges_when_the_loop_does": [
            "diverged_at",
        ],
    },
    "test_batches.py": {
        "test_a_run_on_batches_is_a_plain_loop_and_reads_what_dense_hessians_say": [
            "batch_sharpness",
        ],
    },
    "test_valley.py": {
        "test_the_valley_is_the_loss_along_the_top_eigenvector_from_its_floor": [
            "distance",
            "valley",
            "valley_start",
            "valley_end",
        ],
        "test_the_edge_is_the_critical_value_over_the_rate_of_each_reading": ["edge"],
    },  # fmt: skip
    "test_beside.py": {
        "test_what_is_averaged_is_the_run_between_two_readings": ["averaged_loss", "travelled"],
        "test_flows_of_a_run_are_those_of_dense_matrices_at_its_readings": [
            "flow_sharpness",
            "flow_loss",
            "flow_variance",
            "flow_distance",
            "flow_rise",
            "flow_fall",
            "flow_cubic",
        ],
    },
    "test_series.py": {
        "test_the_critical_value_and_the_residual_are_those_of_rule_and_hessian": [
            "critical",
            "residual",
        ],
    },
}
