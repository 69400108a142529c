"""Which test holds each series of a trace of `distillation`."""

HOLDS = {
    "test_series.py": {
        "test_values_and_divergences_are_sums_over_the_steps_of_an_episode": [
            "value",
            "divergence",
            "teacher_logits",
            "teacher_value",
        ],
        "test_steps_flow_curl_and_asymmetry_are_those_of_the_update_by_differences": [
            "step",
            "logits",
            "asymmetry",
            "axis",
            "flow",
            "curl",
        ],
    },
}
