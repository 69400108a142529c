"""Which test holds each series of a trace of `selection.odds`."""

HOLDS = {
    "test_study.py": {
        "test_more_rows_solve_more_and_the_paper_s_rule_beats_the_raw_one_under_correlation": [
            "solved",
            "mu",
            "rho",
        ],
        "test_theory_is_sufficient_and_far_from_necessary": [
            "proved",
        ],
        "test_a_place_counts_problems_that_have_the_knob_at_its_value": [
            "value",
            "sweep",
            "solved",
            "proved",
            "mu",
            "rho",
        ],
    },
}
