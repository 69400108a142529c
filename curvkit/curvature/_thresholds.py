"""Where a rule becomes unstable on a quadratic: the edge that the sharpness climbs to.

| symbol | name | source |
| --- | --- | --- |
| η | `learning_rate` | |
| β, β1 | `momentum` | |
| β2 | `second_moment_decay`; of these rules Lion's alone, what its momentum keeps | |
| λ | sharpness; for Adam, NAdam and RMSProp of P^(-1/2) H P^(-1/2) | arXiv 2207.14484 |
| λ | for sign descent, Lion and Muon generalised, over a dual norm: `_norms` | arXiv 2603.05002 |
| ηλ* | the critical value, `critical(rule)` | arXiv 2103.00065 |
"""

from curvkit.core import messages, tree

# For each rule ηλ* as a function of β: where the 2 × 2 recurrence of one eigendirection leaves the
# unit circle through −1. Adam's and NAdam's first moment is an average, hence the 1 / (1 − β). Of
# what goes a way of one length it is the edge of the momentum that the sign is taken of.
CRITICAL = {
    "gd": lambda beta: 2.0,
    "heavy_ball": lambda beta: 2 + 2 * beta,
    "nesterov": lambda beta: (2 + 2 * beta) / (1 + 2 * beta),
    "ema_momentum": lambda beta: (2 + 2 * beta) / (1 - beta),
    "adam": lambda beta: (2 + 2 * beta) / (1 - beta),
    "nadam": lambda beta: (2 + 2 * beta) / ((1 + 2 * beta) * (1 - beta)),
    "rmsprop": lambda beta: 2.0,
    "sign_descent": lambda beta: 2.0,
    "muon": lambda beta: (2 + 2 * beta) / ((1 + 2 * beta) * (1 - beta)),
}
LION = "lion"
RULES = (*CRITICAL, LION)


def critical(rule: str, *, momentum: float = 0.9, second_moment_decay: float = 0.99) -> float:
    """The product of learning rate and sharpness above which `rule` is unstable on a quadratic.

    Args:
        rule: one of gd, heavy_ball, nesterov, ema_momentum, adam, nadam, rmsprop, sign_descent,
            muon, lion.
        momentum: β, or β1 of Adam and Lion, in [0, 1); gd, rmsprop, sign_descent do not look at it.
        second_moment_decay: β2 of Lion, in [0, 1), of which no other rule's edge depends.

    Raises:
        ValueError: if the rule is unknown, a number is outside [0, 1), or Lion's β1 above β2²,
            where it leaves the unit circle elsewhere.

    >>> critical("gd"), critical("heavy_ball"), round(critical("adam"), 9)
    (2.0, 3.8, 38.0)
    """
    if rule not in RULES:
        raise ValueError(messages.unknown("rule", rule, RULES))
    decay, within = second_moment_decay, dict(least=0, below=1)
    messages.reals("momentum", momentum, "at least 0 and below 1", **within)
    messages.reals("second_moment_decay", decay, "at least 0 and below 1", **within)
    if rule != LION:
        return CRITICAL[rule](momentum)
    if not tree.traced(momentum, decay) and momentum > decay**2:
        expected, advice = f"at most the square of second_moment_decay={decay:g}", "take less of it"
        raise ValueError(messages.refusal("momentum of Lion", expected, momentum, advice))
    # Of β1 m + (1 − β1) g, where g and m change sign at each step.
    return 2 * (1 + decay) / (1 + decay - 2 * momentum)


def stability_threshold(
    rule: str, learning_rate: float, *, momentum: float = 0.9, second_moment_decay: float = 0.99
) -> float:
    """The sharpness above which `rule` is unstable on a quadratic; 2/η for gradient descent.

    Args:
        rule: as in `critical`.
        learning_rate: η, above 0.
        momentum, second_moment_decay: as in `critical`.

    Returns:
        The threshold for λ, of the preconditioned Hessian where the rule has a preconditioner.

    Raises:
        ValueError: as `critical`, or if `learning_rate` is out of range.

    >>> stability_threshold("gd", 0.1)
    20.0
    """
    messages.reals("learning_rate", learning_rate, "above 0", above=0)
    edge = critical(rule, momentum=momentum, second_moment_decay=second_moment_decay)
    return edge / learning_rate
