"""What the variants of each contest are called, for pictures and words."""

# What is compared, in the order of the trace's methods; a test holds it to the theory's table.
NAMES = {
    "drivers": ("on policy", "teacher distill", "uniform distill", "n distill"),
    "rewards": ("on policy", "on policy reward", "reward alone", "value gate"),
    "entropies": ("on policy", "expected entropy", "entropy regularised", "one step divergence"),
    "values": ("teacher value", "teacher bootstrap", "reward alone", "value gate"),
}
