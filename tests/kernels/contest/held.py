"""Which test holds each series of a trace of `kernels.contest`, and which series none does."""

HOLDS = {
    "test_experiment.py": {
        "test_the_first_reading_is_of_the_network_that_was_built": [
            "accuracy",
            "loss",
        ],
        "test_adam_s_rates_are_thirty_times_smaller": [
            "rate",
        ],
    },
}
OPEN = [
    "classes",
    "step",
]
