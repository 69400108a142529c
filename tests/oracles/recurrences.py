"""Training rules as plain NumPy loops, and as the matrix that one eigendirection repeats."""

import numpy as np

EPSILON = 1e-7
# How much of its momentum Lion keeps.
DECAY = 0.99


def companion(rule: str, scaled: float, beta: float) -> np.ndarray:
    """One step of `rule` on ½ λ w², as a matrix on (w, momentum); `scaled` is ηλ, η is 1.

    The gradient is λ w. Heavy ball keeps v ← β v + λ w and Adam's kind m ← β m + (1 − β) λ w;
    Nesterov's kinds step along what the average will be after the same gradient once more. What
    goes a way of one length is told per dual norm of what it takes the sign of.
    """
    if rule == "lion":
        kept = np.array([(1 - DECAY) * scaled, DECAY])
        return np.array([np.array([1.0, 0.0]) - np.array([(1 - beta) * scaled, beta]), kept])
    fresh = {"heavy_ball": 1, "nesterov": 1, "ema_momentum": 1 - beta, "adam": 1 - beta}
    fresh |= {"nadam": 1 - beta, "gd": 1, "rmsprop": 1, "sign_descent": 1, "muon": 1 - beta}
    share, keep = fresh[rule], 0.0 if rule in ("gd", "rmsprop", "sign_descent") else beta
    moment = np.array([share * scaled, keep])  # the new moment from (w, moment)
    step = moment
    if rule in ("nesterov", "nadam", "muon"):
        step = keep * moment + np.array([share * scaled, 0.0])
    return np.array([[1.0, 0.0] - step, moment])


def spectral_radius(rule: str, scaled: float, beta: float) -> float:
    """How much the matrix of `companion` can grow: below 1 the rule is stable."""
    return float(np.max(np.abs(np.linalg.eigvals(companion(rule, scaled, beta)))))


def directions(
    rule: str, gradients: np.ndarray, beta: float, decay: float, shapes: tuple = ()
) -> np.ndarray:
    """What `rule` makes of a sequence of gradients (steps, P); of `shapes` Muon's matrices are."""
    made = np.zeros_like(gradients, np.float64)
    velocity = moment = square = slow = np.zeros(gradients.shape[1])
    for t, gradient in enumerate(np.asarray(gradients, np.float64), 1):
        velocity = beta * velocity + gradient
        moment = beta * moment + (1 - beta) * gradient
        square = decay * square + (1 - decay) * gradient**2
        root = np.sqrt(square / (1 - decay**t)) + EPSILON
        lion, slow = beta * slow + (1 - beta) * gradient, decay * slow + (1 - decay) * gradient
        made[t - 1] = {
            "sign_descent": np.sign(gradient),
            "lion": np.sign(lion),
            "muon": polar(ahead(moment, gradient, beta, t), shapes) if shapes else gradient,
            "gd": gradient,
            "heavy_ball": velocity,
            "nesterov": beta * velocity + gradient,
            "rmsprop": gradient / root,
            "adam": moment / (1 - beta**t) / root,
        }[rule]
    return made


def ahead(moment: np.ndarray, gradient: np.ndarray, beta: float, t: int) -> np.ndarray:
    """What Muon takes the polar factor of at step t = 1, 2, …: a look ahead, bias corrected."""
    return beta * moment / (1 - beta ** (t + 1)) + (1 - beta) * gradient / (1 - beta**t)


def polar(flat: np.ndarray, shapes: tuple) -> np.ndarray:
    """The polar factor of each matrix in a vector; what is no matrix is a row."""
    pieces, at = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        matrix = flat[at : at + size].reshape(shape if len(shape) == 2 else (1, size))
        left, _, right = np.linalg.svd(matrix, full_matrices=False)
        pieces.append((left @ right).ravel())
        at += size
    return np.concatenate(pieces)


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
