"""Where a rule becomes unstable on a quadratic: the edge that the sharpness climbs to.

| symbol | name | source |
| --- | --- | --- |
| η | `learning_rate` | |
| β, β1 | `momentum` | |
| λ | sharpness; for Adam, NAdam and RMSProp of P^(-1/2) H P^(-1/2) | arXiv 2207.14484 |
| ηλ* | the critical value, `critical(rule)` | arXiv 2103.00065 |
"""

from curvkit.core import messages

# For each rule ηλ* as a function of β: where the 2 × 2 recurrence of one eigendirection leaves the
# unit circle through −1. Adam's and NAdam's first moment is an average, hence the 1 / (1 − β).
CRITICAL = {
    "gd": lambda beta: 2.0,
    "heavy_ball": lambda beta: 2 + 2 * beta,
    "nesterov": lambda beta: (2 + 2 * beta) / (1 + 2 * beta),
    "ema_momentum": lambda beta: (2 + 2 * beta) / (1 - beta),
    "adam": lambda beta: (2 + 2 * beta) / (1 - beta),
    "nadam": lambda beta: (2 + 2 * beta) / ((1 + 2 * beta) * (1 - beta)),
    "rmsprop": lambda beta: 2.0,
}


def critical(rule: str, *, momentum: float = 0.9) -> float:
    """The product of learning rate and sharpness above which `rule` is unstable on a quadratic.

    Args:
        rule: one of gd, heavy_ball, nesterov, ema_momentum, adam, nadam, rmsprop.
        momentum: β, or Adam's β1, in [0, 1); gd and rmsprop do not look at it.

    Raises:
        ValueError: if the rule is unknown or `momentum` is outside [0, 1).

    >>> critical("gd"), critical("heavy_ball"), round(critical("adam"), 9)
    (2.0, 3.8, 38.0)
    """
    if rule not in CRITICAL:
        raise ValueError(messages.unknown("rule", rule, CRITICAL))
    messages.reals("momentum", momentum, "at least 0 and below 1", least=0, below=1)
    return CRITICAL[rule](momentum)


def stability_threshold(rule: str, learning_rate: float, *, momentum: float = 0.9) -> float:
    """The sharpness above which `rule` is unstable on a quadratic; 2/η for gradient descent.

    Args:
        rule: as in `critical`.
        learning_rate: η, above 0.
        momentum: β, or Adam's β1, in [0, 1).

    Returns:
        The threshold for λ, of the preconditioned Hessian where the rule has a preconditioner.

    Raises:
        ValueError: if the rule is unknown, or `learning_rate` or `momentum` out of range.

    >>> stability_threshold("gd", 0.1)
    20.0
    """
    messages.reals("learning_rate", learning_rate, "above 0", above=0)
    return critical(rule, momentum=momentum) / learning_rate
