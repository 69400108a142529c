"""Which test holds each series of a trace of `selection`."""

HOLDS = {
    "test_series.py": {
        "test_each_series_is_that_of_least_squares": [
            "scores",
            "raw_scores",
            "best",
            "residual_norm",
            "left_after",
            "lengths",
            "test_error",
        ],
        "test_hits_are_good_groups_among_those_taken_and_the_other_rule_s_run_is_its_own": [
            "step",
            "hits",
            "other_hits",
            "other_test_error",
        ],
        "test_what_theory_says_of_the_problem_follows_from_its_columns": [
            "good",
            "true_lengths",
            "mu",
            "rho",
            "epsilon",
            "noise_level",
            "letters",
        ],
    },
}
