"""Which test holds each series of a trace of `kernels.race`."""

HOLDS = {
    "test_experiment.py": {
        "test_the_plain_network_cannot_tell_inputs_apart_and_the_shaped_ones_can": [
            "spread",
        ],
        "test_fifty_plain_softplus_layers_stay_at_chance_where_shaped_ones_learn": [
            "accuracy",
        ],
    },
    "test_series.py": {
        "test_the_numbers_are_those_of_shape_and_chance_is_one_of_ten": [
            "parameters",
            "classes",
        ],
        "test_losses_accuracies_and_spreads_are_those_of_the_networks_layer_by_layer": [
            "step",
            "loss",
            "accuracy",
            "spread",
        ],
    },
}
