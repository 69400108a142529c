"""Which test holds each series of a trace of `watching`."""

HOLDS = {
    "test_watcher.py": {
        "test_losses_products_and_seconds_are_those_of_each_reading": [
            "loss",
            "gradient_norm",
            "products",
            "seconds",
        ],
        "test_it_reads_what_is_known_and_compiles_once": [
            "step",
            "eigenvalues",
            "critical",
        ],
        "test_the_learning_rate_is_read_from_the_state_or_from_the_schedule": [
            "learning_rate",
        ],
    },
    "test_models.py": {
        "test_eigenvalues_and_alignment_are_the_dense_hessians": [
            "eigenvalues",
            "alignment",
            "gradient_norm",
        ],
        "test_each_layer_is_named_and_read": ["layers"],
    },
    "test_batches.py": {
        "test_the_sharpness_of_batches_is_that_of_their_dense_hessians": ["batch_sharpness"],
    },
}
