"""Which test holds each series of a trace of `kernels.contest`."""

HOLDS = {
    "test_experiment.py": {
        "test_the_first_reading_is_of_the_network_that_was_built": ["accuracy", "loss"],
        "test_adam_s_rates_are_thirty_times_smaller": ["rate"],
        "test_readings_are_every_so_many_steps_and_chance_is_one_in_ten": ["classes", "step"],
    },
}
