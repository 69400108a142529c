"""Which test holds each series of a trace of `kernels.contest`."""

HOLDS = {
    "test_experiment.py": {
        "test_the_first_reading_is_of_the_network_that_was_built": ["accuracy", "loss"],
        "test_adam_s_rates_are_thirty_times_smaller": ["rate"],
        "test_readings_are_every_so_many_steps_and_chance_is_one_in_ten": ["classes", "step"],
        "test_what_is_foretold_is_what_the_maps_of_the_network_in_double_precision_say": [
            "map_cosine", "map_kappa", "map_log_slope", "map_log_square",
        ],
    },
}  # fmt: skip
