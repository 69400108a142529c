"""Which test holds each series of a trace of `tuners`."""

HOLDS = {
    "test_series.py": {
        "test_each_series_of_a_run_is_what_the_dense_hessian_says": [
            "loss",
            "sharpness",
            "preconditioned_sharpness",
            "scaled_sharpness",
            "alignment",
            "numerator",
            "denominator",
            "offset",
            "reach",
            "across",
            "along",
        ],
        "test_steps_and_the_critical_value_are_those_of_the_settings": [
            "step",
            "critical",
        ],
    },
    "test_experiment.py": {
        "test_the_rate_is_sigma_times_slope_over_curvature_at_every_reading": [
            "learning_rate",
        ],
        "test_a_constant_beyond_the_edge_diverges_and_the_trace_says_when": [
            "diverged_at",
        ],
    },
    "test_flowing.py": {
        "test_what_is_averaged_is_each_run_between_two_readings": ["averaged_loss", "travelled"],
        "test_flows_of_a_run_are_those_of_dense_matrices_at_its_readings": [
            "flow_sharpness",
            "flow_loss",
            "flow_variance",
            "flow_distance",
        ],
    },
}
