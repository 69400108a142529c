"""Which test holds each series of a trace of `verification.shapes`."""

HOLDS = {
    "test_series.py": {
        "test_each_series_is_its_formula": [
            "argument",
            "relu",
            "relu_above",
            "relu_below",
            "exponential",
            "chord",
            "tangent",
            "first",
            "second",
            "product",
            "plane",
        ],
    },
}
