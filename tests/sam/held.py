"""Which test holds each series of a trace of `sam`."""

HOLDS = {
    "test_experiment.py": {
        "test_readings_are_made_every_so_many_steps_and_at_the_last": ["step"],
        "test_the_loss_is_that_of_steps_written_out": ["loss"],
        "test_the_worst_loss_is_the_loss_at_the_distance_rho_along_the_gradient": ["worst_loss"],
        "test_the_gradient_norm_is_that_of_backpropagation_by_hand": ["gradient_norm"],
        "test_the_sharpness_is_the_largest_eigenvalue_of_the_dense_hessian": ["sharpness"],
        "test_the_edge_is_that_of_bisection_and_two_over_the_rate_without_rho": ["edge"],
        "test_alignment_and_offset_are_of_the_dense_top_eigenvector": ["alignment", "offset"],
        "test_the_bounce_is_that_of_the_recorded_sharpness_of_sam": ["bounce"],
        "test_beyond_two_over_the_rate_both_diverge_and_the_trace_says_when": ["diverged_at"],
    },
}
