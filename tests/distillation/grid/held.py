"""Which test holds each series of a trace of `distillation.grid`, and which series none does."""

HOLDS = {}
OPEN = [
    "arrows",
    "best_value",
    "divergence",
    "gate",
    "kinds",
    "step",
    "teacher_arrows",
    "teacher_value",
    "value",
]
