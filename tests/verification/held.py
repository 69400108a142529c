"""Which test holds each series of a trace of `verification`."""

HOLDS = {
    "test_cells.py": {
        "test_no_state_is_above_the_bound_of_its_cell_and_proved_cells_keep_the_property": [
            "cells",
            "cell_bound",
            "verdict",
        ],
        "test_the_attack_on_a_cell_is_the_most_growth_at_the_places_that_are_tried": [
            "cell_attack",
        ],
        "test_what_is_told_of_all_cells_is_said_of_those_that_stand": [
            "proved",
            "violated",
            "upper_bound",
        ],
        "test_cells_are_counted_as_they_are_bounded_and_the_attack_is_the_most_growth_so_far": [
            "attack",
            "bounded",
        ],
    },
    "test_alone.py": {
        "test_no_state_of_the_box_is_above_its_bound_and_the_attack_is_attained": [
            "box",
            "box_bound",
            "box_attack",
            "box_verdict",
        ],
        "test_the_box_is_around_its_middle_and_ends_where_the_square_does": [
            "fastest",
        ],
        "test_the_pendulums_swing_as_the_model_and_the_truth_do": [
            "swing_angle",
            "swing_speed",
        ],
    },
}
