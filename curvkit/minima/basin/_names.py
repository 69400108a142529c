"""What the steps of a certificate are called, for theory, trace and pictures."""

# What a certificate has to show; the last one stands for whatever else it may be.
STEPS = (
    "critical point", "positive definite Hessian", "better point", "slope zero in the pattern",
    "kinks", "another step",
)  # fmt: skip
