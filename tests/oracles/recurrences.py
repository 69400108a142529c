"""Training rules as plain NumPy loops, and as the matrix that one eigendirection repeats."""

import numpy as np

EPSILON = 1e-7


def companion(rule: str, scaled: float, beta: float) -> np.ndarray:
    """One step of `rule` on ½ λ w², as a matrix on (w, momentum); `scaled` is ηλ, η is 1.

    The gradient is λ w. Heavy ball keeps v ← β v + λ w and Adam's kind m ← β m + (1 − β) λ w;
    Nesterov's kinds step along what the average will be after the same gradient once more.
    """
    fresh = {"heavy_ball": 1, "nesterov": 1, "ema_momentum": 1 - beta, "adam": 1 - beta}
    fresh |= {"nadam": 1 - beta, "gd": 1, "rmsprop": 1}
    share, keep = fresh[rule], 0.0 if rule in ("gd", "rmsprop") else beta
    moment = np.array([share * scaled, keep])  # the new moment from (w, moment)
    step = moment
    if rule in ("nesterov", "nadam"):
        step = keep * moment + np.array([share * scaled, 0.0])
    return np.array([[1.0, 0.0] - step, moment])


def spectral_radius(rule: str, scaled: float, beta: float) -> float:
    """How much the matrix of `companion` can grow: below 1 the rule is stable."""
    return float(np.max(np.abs(np.linalg.eigvals(companion(rule, scaled, beta)))))


def directions(rule: str, gradients: np.ndarray, beta: float, decay: float) -> np.ndarray:
    """What `rule` makes of a sequence of gradients (steps, P)."""
    made = np.zeros_like(gradients, np.float64)
    velocity = moment = square = np.zeros(gradients.shape[1])
    for t, gradient in enumerate(np.asarray(gradients, np.float64), 1):
        velocity = beta * velocity + gradient
        moment = beta * moment + (1 - beta) * gradient
        square = decay * square + (1 - decay) * gradient**2
        root = np.sqrt(square / (1 - decay**t)) + EPSILON
        made[t - 1] = {
            "gd": gradient,
            "heavy_ball": velocity,
            "nesterov": beta * velocity + gradient,
            "rmsprop": gradient / root,
            "adam": moment / (1 - beta**t) / root,
        }[rule]
    return made


def preconditioners(rule: str, gradients: np.ndarray, beta: float, decay: float) -> np.ndarray:
    """The diagonal of P after each gradient: what the averaged gradient is divided by."""
    made = np.ones_like(gradients, np.float64)
    square = np.zeros(gradients.shape[1])
    for t, gradient in enumerate(np.asarray(gradients, np.float64), 1):
        square = decay * square + (1 - decay) * gradient**2
        root = np.sqrt(square / (1 - decay**t)) + EPSILON
        # Adam's average starts at zero; undoing that belongs to the step, so to 1 / P.
        made[t - 1] = root * (1 - beta**t if rule == "adam" else 1)
    return made if rule in ("rmsprop", "adam") else np.ones_like(made)
