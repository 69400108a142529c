"""The tuners by name, each with what it is called: the one list, in the order of a legend."""

NAMES = {
    "cdat": "CDAT",
    "constant": "constant",
    "warm_up": "warm-up",
    "warm_up_cosine": "warm-up and cosine",
    "greedy": "greedy (σ = 1)",
    "armijo": "Armijo",
    "exact": "exact line search",
    "polyak": "Polyak",
    "hypergradient": "hypergradient",
    "hypergradient_times": "hypergradient (multiplicative)",
    "oracle": "oracle σ/λ",
    "schedule_free": "schedule-free",
    "prodigy": "Prodigy",
}

# Those that scale a rate that they find by σ, and those that take or begin with the rate η.
SCALED = ("cdat", "oracle")
RATED = (
    "constant", "warm_up", "warm_up_cosine", "hypergradient", "hypergradient_times",
    "schedule_free",
)  # fmt: skip
# Those with a direction of their own.
FREE = ("schedule_free", "prodigy")


def contenders(tuner: str, rival: str) -> list[str]:
    """The tuners that run, the chosen one first; `all` is all of `NAMES` but the chosen one.

    >>> contenders("cdat", "none"), contenders("cdat", "constant")
    (['cdat'], ['cdat', 'constant'])
    """
    if rival == "none" or rival == tuner:
        return [tuner]
    return [tuner, *(each for each in NAMES if each != tuner)] if rival == "all" else [tuner, rival]
