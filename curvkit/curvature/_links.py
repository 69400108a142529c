"""The links that an optimizer is a chain of, and what each makes of a gradient.

At the edge a rule leaves the unit circle through −1: weights and gradients change sign at each
step. So of each link one number counts for each weight, its `gain` on an alternating gradient, with
all that moves slowly (second moments, trust ratios) held as it is.

| symbol | name | source |
| --- | --- | --- |
| β, β1, β2, ε | `decay`, `b1`, `b2`, `eps` | optax's names |
| g, m, ν | gradient, momentum, second moment | |
| a, b, β, c | `fresh`, `momentum`, `decay`, `taken`: u = a g + b m, then m ← β m + c g | |
| k | `gain`, a − b c / (1 + β) | u / g where g = ±1 in turn, and so m = ∓c / (1 + β) |
| P | `divisor` | arXiv 2207.14484 |
"""

import dataclasses
import functools
import inspect
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import optax.contrib


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["numbers", "leaves"],
    meta_fields=["kind", "flags"],
)
@dataclasses.dataclass(frozen=True)
class Link:
    """One link, as an optimizer and its state tell it; a pytree of the numbers in it.

    Attributes:
        kind: its name, one of `EFFECTS`, `NORMS`, rate or decay.
        numbers: what is the same for all weights, by optax's names.
        leaves: for each trained array that it acts on, by its place, what it holds of it.
        flags: what is no number, by optax's names.
    """

    kind: str
    numbers: dict[str, Any]
    leaves: dict[int, dict[str, jax.Array]]
    flags: tuple[tuple[str, Any], ...] = ()

    def flag(self, name: str, default: Any = False) -> Any:
        """One of the flags."""
        return dict(self.flags).get(name, default)


class Memory(NamedTuple):
    """A momentum: u = fresh · g + momentum · m, after which m ← decay · m + taken · g."""

    fresh: Any
    momentum: Any
    decay: Any
    taken: Any

    @property
    def gain(self) -> Any:
        """What it makes of an alternating gradient of size 1."""
        return self.fresh - self.momentum * self.taken / (1 + self.decay)


class Effect(NamedTuple):
    """What a link makes of the gradient of one array.

    Attributes:
        gain: k, now.
        lasting: k once all corrections of a bias are over.
        divisor: P as a function, or None.
        memory: the momentum, or None.
        held: m.
    """

    gain: Any = 1.0
    lasting: Any = 1.0
    divisor: Callable[[], jax.Array] | None = None
    memory: Memory | None = None
    held: Any = 0.0

    def of(self, signal: Any) -> Any:
        """What comes out, now, where `signal` goes in."""
        if self.memory is not None:
            signal = self.memory.fresh * signal + self.memory.momentum * self.held
        else:
            signal = self.gain * signal
        return signal if self.divisor is None else signal / self.divisor()


def _remembering(memory, lasting, held, divisor=None) -> Effect:
    return Effect(memory.gain, lasting.gain, divisor, memory, held)


def average(decay: Any, now: Any = 1.0, after: Any = 1.0, nesterov: bool = False) -> Memory:
    """An average of gradients as optax's, divided by the corrections of its bias now and after."""
    taken = 1 - decay
    if not nesterov:
        return Memory(taken / now, decay / now, decay, taken)
    return Memory(taken * (decay / after + 1 / now), decay**2 / after, decay, taken)


def traced(decay: Any, nesterov: bool = False) -> Memory:
    """A sum of gradients, each weighted by how long ago it was."""
    return Memory(1 + decay, decay**2, decay, 1.0) if nesterov else Memory(1.0, decay, decay, 1.0)


def _bias(decay, count):
    return 1 - jnp.asarray(decay, float) ** jnp.maximum(count, 1)


def _corrected(link, decay):
    count, nesterov = link.numbers["count"], link.flag("nesterov")
    if not link.flag("bias_correction_mu", True):
        return average(decay), average(decay)
    now, after = _bias(decay, count), _bias(decay, count + 1)
    return average(decay, now, after, nesterov), average(decay, nesterov=nesterov)


def _adam(link, at, weight):
    n, held = link.numbers, link.leaves[at]

    def divisor():
        if link.kind == "adamax":
            return held["nu"]
        moment = held["nu_max"] if link.kind == "amsgrad" else held["nu"]
        if link.kind != "amsgrad":
            moment = moment / _bias(n["b2"], n["count"])
        return jnp.sqrt(moment + n.get("eps_root", 0.0)) + n["eps"]

    memory, lasting = _corrected(link, n["b1"])
    return _remembering(memory, lasting, held["mu"], divisor)


def _rms(link, at, weight):
    n, held = link.numbers, link.leaves[at]

    def divisor():
        bias = _bias(n["decay"], n["count"]) if "count" in n else 1.0
        moment = held["nu"] / bias - (held["mu"] / bias) ** 2 if "mu" in held else held["nu"] / bias
        if link.flag("eps_in_sqrt", True):
            return jnp.sqrt(moment + n["eps"])
        return jnp.sqrt(moment) + n["eps"]

    return Effect(divisor=divisor)


def _rss(link, at, weight):
    squares, eps = link.leaves[at]["sum_of_squares"], link.numbers["eps"]
    # Where nothing was summed up yet optax makes no step.
    return Effect(divisor=lambda: jnp.where(squares > 0, jnp.sqrt(squares + eps), jnp.inf))


def _factored(link, at, weight):
    held = link.leaves[at]

    def divisor():
        if held["v"].shape == weight.shape:
            return jnp.sqrt(held["v"])
        # As optax picks them: the two longest axes, the longest last.
        second, first = map(int, np.argsort(weight.shape)[-2:])
        rows = held["v_row"]
        mean = jnp.mean(rows, axis=second - 1 if second > first else second, keepdims=True)
        return jnp.sqrt(
            jnp.expand_dims(rows / mean, first) * jnp.expand_dims(held["v_col"], second)
        )

    return Effect(divisor=divisor)


def _trace(link, at, weight):
    memory = traced(link.numbers["decay"], link.flag("nesterov"))
    return _remembering(memory, memory, link.leaves[at]["trace"])


def _ema(link, at, weight):
    decay = link.numbers["decay"]
    bias = _bias(decay, link.numbers["count"]) if link.flag("debias", True) else 1.0
    return _remembering(average(decay, bias), average(decay), link.leaves[at]["ema"])


def _scaled(link, at, weight):
    return Effect(link.numbers["gain"], link.numbers["gain"])


def _param_scale(link, at, weight):
    size = jnp.linalg.norm(jnp.ravel(weight))
    if link.kind == "param_rms":
        size = size / weight.size**0.5
    size = jnp.maximum(size, link.numbers["min_scale"])
    return Effect(divisor=lambda: 1 / size)


def trust_ratio(link: Link, signal: jax.Array, weight: jax.Array) -> jax.Array:
    """By what optax's trust ratio multiplies a `signal`: the length of the weights over its own."""
    n, norm = link.numbers, lambda x: jnp.maximum(jnp.linalg.norm(jnp.ravel(x)), n["min_norm"])
    ratio = n["trust_coefficient"] * norm(weight) / (norm(signal) + n["eps"])
    return jnp.where((norm(weight) == 0) | (norm(signal) == 0), 1.0, ratio)


def shortened(link: Link, signal: jax.Array) -> Any:
    """How much of the way of a polar factor Muon goes along `signal`: its Newton-Schulz iteration
    does not reach the factor, but one whose singular values are somewhat off 1.
    """
    if link.kind != "muon":
        return 1.0
    contrib: Any = optax.contrib  # which shows the iteration nowhere else
    function = contrib._muon.orthogonalize_via_newton_schulz
    known = inspect.signature(function).parameters
    options = {key: each for key, each in link.flags if key in known}
    factor = function(signal, link.numbers["ns_coeffs"], eps=link.numbers["eps"], **options)
    furthest = jnp.sum(jnp.linalg.svd(signal, compute_uv=False))
    return jnp.where(furthest > 0, jnp.vdot(signal, factor) / jnp.maximum(furthest, 1e-37), 1.0)


# The momentum that a sign or a polar factor is taken of.
def _lion(link, at, weight):
    b1, b2 = link.numbers["b1"], link.numbers["b2"]
    memory = Memory(1 - b1, b1, b2, 1 - b2)
    return _remembering(memory, memory, link.leaves[at]["mu"])


def _muon(link, at, weight):
    return _remembering(*_corrected(link, link.numbers["beta"]), link.leaves[at]["mu"])


EFFECTS: dict[str, Callable[[Link, int, jax.Array], Effect]] = {
    **dict.fromkeys(("adam", "belief", "amsgrad", "adamax"), _adam),
    "rms": _rms,
    "rss": _rss,
    "factored": _factored,
    "trace": _trace,
    "ema": _ema,
    "gain": _scaled,
    "param_rms": _param_scale,
    "param_norm": _param_scale,
    "lion": _lion,
    "muon": _muon,
    "sign": lambda link, at, weight: Effect(),
}
MOMENTS = ("adam", "belief", "amsgrad", "adamax", "rms", "rss", "factored")
# What divides by something that is not the same for all weights, or not known without a gradient.
SHAPING = (*MOMENTS, "param_rms", "param_norm", "trust")
REMEMBERING = ("adam", "belief", "amsgrad", "adamax", "trace", "ema", "lion", "muon")
# Steepest descent in a norm that is not Euclidean: of each array the sign, or the polar factor.
NORMS = {"sign": "sign", "lion": "sign", "muon": "spectral"}


def ready(link: Link) -> Any:
    """Whether an update has gone into the second moments of a link, so that they tell something."""
    held = ("adam", "belief", "amsgrad", "adamax", "factored")
    if link.kind in held or (link.kind == "rms" and "count" in link.numbers):
        return link.numbers["count"] > 0
    names = {"rms": "nu", "rss": "sum_of_squares"}
    if link.kind in names and link.leaves:
        updated = [jnp.any(each[names[link.kind]] != 0) for each in link.leaves.values()]
        return jnp.any(jnp.stack(updated))
    return True


def name(chain: list[Link]) -> str:
    """The name of the rule that a chain of links on one array is."""
    kinds = [link.kind for link in chain]
    flags = {each for link in chain for each, on in link.flags if on}
    prefix = "schedule-free " if "schedule_free" in flags else ""
    momentum = "nesterov" if "nesterov" in flags else "heavy_ball"
    plain = {"belief": "adabelief", "rms": "rmsprop", "rss": "adagrad", "factored": "adafactor"}
    main = next((kind for kind in kinds if kind in (*MOMENTS, *NORMS)), None)
    if main in ("adam", "sign"):
        rule = "nadam" if "nesterov" in flags else "adam"
        rule = rule if main == "adam" else "signum" if "ema" in kinds else "sign_descent"
    elif main is not None:
        rule = plain.get(main, main) + (f" with {momentum}" if "trace" in kinds else "")
    else:
        rule = momentum if "trace" in kinds else "ema_momentum" if "ema" in kinds else "gd"
    if "trust" in kinds:
        rule = "lamb" if main == "adam" else f"{rule} with trust ratio"
    elif "decay" in kinds:
        after = main is not None and kinds.index("decay") > kinds.index(main)
        rule = {"adam": "adamw", "nadam": "nadamw"}.get(rule) if after and main == "adam" else rule
        rule = rule if rule in ("adamw", "nadamw") else f"{rule} with decay"
    return prefix + rule
