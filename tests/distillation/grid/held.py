"""Which test holds each series of a trace of `distillation.grid`."""

HOLDS = {
    "test_series.py": {
        "test_teachers_and_the_best_policies_gain_what_matrices_say": [
            "teacher_value",
            "best_value",
        ],
        "test_what_is_drawn_is_the_world_in_the_middle_and_its_teacher": [
            "kinds",
            "teacher_arrows",
        ],
        "test_values_and_divergences_of_students_are_sums_over_an_episode": [
            "step",
            "value",
            "divergence",
        ],
        "test_arrows_are_mean_moves_and_gates_compare_the_teacher_with_the_critic": [
            "arrows",
            "gate",
        ],
    },
    "test_walls.py": {
        "test_a_wall_changes_its_world_the_teacher_and_the_best_policy_and_no_other": [
            "shown",
            "worth",
        ]
    },
}
