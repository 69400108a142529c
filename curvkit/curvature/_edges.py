"""Where an optimizer turns unstable on a quadratic: its edge, from the links that it is a chain of.

Each step is −(A g + D w), A and D diagonal where what moves slowly stands still. A rule leaves the
unit circle through −1, where w and g change sign at each step; there 2 w = A H w + D w, so that the
edge is where the largest eigenvalue of (2 − D)^(-1) A H is 1. This is told as a rate, a critical
value and a preconditioner: η λ(P^-1 H) = critical.

For rules whose recurrence alone crosses at −1 only, so does any of them on groups of weights: what
(z − 1) / (A G(z)) has of an imaginary part on the upper half of the circle is of one sign for each.
Of steps that are the sign or the polar factor of a momentum this is the edge along their sharpest
direction; by running them from anywhere it was found to be the only one where β1 is at most β2²,
and not where the two are nearly alike.

| symbol | name | source |
| --- | --- | --- |
| η | `rate`, the largest of all groups | |
| A, D | gain on the gradient and on the weights, with the rate in both | |
| k | product of the links' gains | arXiv 2103.00065 |
| P | (2 − D) η / (A `critical`) | arXiv 2207.14484 |
| r, c | `radii` and `signal` of steepest descent in a norm | arXiv 2603.05002 |
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import tree
from curvkit.curvature._cover import INSTEAD
from curvkit.curvature._links import (
    EFFECTS,
    NORMS,
    REMEMBERING,
    SHAPING,
    Link,
    name,
    shortened,
    trust_ratio,
)

# So near 0 a decay of the weights that alone would turn them around at each step is held.
LEAST = 1e-6


class Edge(NamedTuple):
    """Where the edge is: η λ(P^-1 H) = `critical`.

    Attributes:
        rule: the rule's name, or those of its groups.
        rate: η.
        critical: what ηλ is there.
        norm: None, or sign or spectral where λ is the generalised sharpness in a norm.
        shaped: whether there is a P, or a norm, to be told by `diagonal` or `steepest`.
    """

    rule: str
    rate: Any
    critical: Any
    norm: str | None
    shaped: bool


class Steepest(NamedTuple):
    """The signal whose sign or polar factor is taken, and how far each array goes."""

    signal: list[jax.Array]
    radii: list[Any]


def edge(links: list[Link], count: int, given: Any = None) -> Edge:
    """The edge of a chain of links on so many trained arrays.

    Args:
        links: as `optimizers.transformed` and `states.facts` read them.
        count: how many arrays are trained.
        given: the learning rate, where no link has one.

    Raises:
        ValueError: in a sentence, where there is no rate, or no edge is known.

    >>> import optax
    >>> from curvkit.curvature import _cover as cover, _optimizers as optimizers
    >>> method, place = optax.sgd(0.1, momentum=0.9, nesterov=True), cover.Cover(1.0, 0, ((),))
    >>> limit = edge(optimizers.transformed(method, method.init(1.0), place), 1)
    >>> limit.rule, limit.rate, round(limit.critical, 4)
    ('nesterov', 0.1, 1.3571)
    """
    links = [link for link in links if link.leaves]
    chains = [[link for link in links if at in link.leaves] for at in range(count)]
    moving = [at for at in range(count) if not _frozen(chains[at])]
    if not moving:
        raise ValueError("optimizer trains none of the arrays in params; say by trained= which.")
    for at in moving:
        _require_known(chains[at])
    first = chains[moving[0]]
    norms = {NORMS[link.kind] for at in moving for link in chains[at] if link.kind in NORMS}
    uniform = all(len(link.leaves) == count for link in links)
    shaped = not uniform or any(link.kind in SHAPING for link in first)
    if norms:
        shaped = True
        _require_one_norm([chains[at] for at in moving])
    alike = {tuple(id(link) for link in chain if link.kind == "rate"): chain for chain in chains}
    rated = {any(link.kind == "rate" for link in chains[at]) for at in moving}
    if len(rated) > 1:
        raise ValueError(
            "optimizer has a learning rate for some arrays of params and none for others, whose "
            "gradient optax.masked passes on as it is; say by trained= which arrays are trained."
        )
    rates = [_rate(chain, given) for chain in alike.values() if not _frozen(chain)]
    rate = (
        rates[0] if len(rates) == 1 else jnp.max(jnp.stack([jnp.asarray(x, float) for x in rates]))
    )
    decay = _decay(first, given)
    lasting = 1.0
    for link in first:
        effect = _effect(link, moving[0], jnp.ones(()))
        lasting = lasting * (effect.lasting if shaped else effect.gain)
    held = 2.0 if decay is None else 2.0 - decay
    rules = dict.fromkeys(name(chains[at]) for at in moving)
    return Edge(" + ".join(rules), rate, held / lasting, next(iter(norms), None), shaped)


def diagonal(
    links: list[Link], edge: Edge, weights: list[jax.Array], gradients: list[jax.Array], given: Any
) -> list[jax.Array]:
    """The diagonal of P for each trained array; infinite where the optimizer holds it still.

    Args:
        links: as in `edge`.
        edge: what `edge` returned; its rate and critical value are looked at.
        weights: the trained arrays.
        gradients: of the loss, shaped as they.
        given: as in `edge`.
    """
    diagonals = []
    for at, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
        chain = [link for link in links if at in link.leaves]
        if _frozen(chain):
            diagonals.append(jnp.full_like(weight, jnp.inf))
            continue
        gain, decay, _ = _through(chain, at, weight, gradient, given)
        rate = _rate(chain, given)
        share = jnp.where(edge.rate > 0, rate / jnp.where(edge.rate > 0, edge.rate, 1.0), 1.0)
        left = jnp.maximum(2 - decay, LEAST)
        diagonals.append(jnp.broadcast_to(left / (share * gain * edge.critical), weight.shape))
    return diagonals


def steepest(
    links: list[Link], edge: Edge, weights: list[jax.Array], gradients: list[jax.Array], given: Any
) -> Steepest:
    """What a rule in a norm takes the sign or the polar factor of, and how far each array goes.

    Takes the arguments of `diagonal`; the radii are relative to the rate of `edge`.
    """
    signals, radii = [], []
    for at, (weight, gradient) in enumerate(zip(weights, gradients, strict=True)):
        chain = [link for link in links if at in link.leaves]
        if _frozen(chain):
            signals.append(jnp.zeros_like(weight))
            radii.append(0.0)
            continue
        until = 1 + max(n for n, link in enumerate(chain) if link.kind in NORMS)
        signal = _through(map(_settled, chain[:until]), at, weight, gradient, 1.0)[2]
        signals.append(signal.astype(weight.dtype))
        share = jnp.where(edge.rate > 0, _rate(chain, given) / edge.rate, 1.0)
        for link in chain[until:]:
            share = share * _effect(link, at, weight).gain
        radii.append(share * shortened(chain[until - 1], signals[-1]))
    return Steepest(signals, radii)


def _settled(link):
    """A link whose correction of a bias is over: no sign and no polar factor depends on it."""
    over = {"count": jnp.asarray(2**30)} if "count" in link.numbers else {}
    return Link(link.kind, link.numbers | over, link.leaves, link.flags)


def _effect(link, at, weight):
    if link.kind in ("rate", "decay", "trust", "still"):
        return EFFECTS["sign"](link, at, weight)
    return EFFECTS[link.kind](link, at, weight)


def _through(chain, at, weight, gradient, given):
    """The gain on the gradient without the rates, on the weights with them, and what comes out."""
    gain, decay, signal, chain = 1.0, 0.0, gradient, list(chain)
    for link in chain:
        if link.kind == "decay":
            decay = decay + link.numbers["weight_decay"]
            signal = signal + link.numbers["weight_decay"] * weight
        elif link.kind == "rate":
            decay, signal = decay * link.numbers["rate"], signal * link.numbers["rate"]
        elif link.kind == "trust":
            ratio = trust_ratio(link, signal, weight)
            gain, decay, signal = gain * ratio, decay * ratio, signal * ratio
        else:
            effect = _effect(link, at, weight)
            factor = effect.gain if effect.divisor is None else effect.gain / effect.divisor()
            gain, decay, signal = gain * factor, decay * factor, effect.of(signal)
    # As optax's updates are added, so what is taken from the weights comes out below 0.
    rated = any(link.kind == "rate" for link in chain)
    return gain, -decay if rated else decay * given, signal


def _decay(chain, given):
    """D where it is one number for all weights, else None."""
    kinds = [link.kind for link in chain]
    if "decay" not in kinds or any(kind in SHAPING for kind in kinds[kinds.index("decay") :]):
        return 0.0 if "decay" not in kinds else None
    after = [link for link in chain if link.kind not in SHAPING]
    at = next(iter(after[0].leaves))
    return _through(_without_held(after), at, jnp.zeros(()), jnp.zeros(()), given)[1]


def _without_held(chain):
    """The chain with nothing held of any array, for the numbers alone."""
    return [
        Link(link.kind, link.numbers, {at: dict.fromkeys(held, jnp.zeros(())) for at, held in
                                       link.leaves.items()}, link.flags)
        for link in chain
    ]  # fmt: skip


def _frozen(chain):
    return any(link.kind == "still" for link in chain)


def _rate(chain, given):
    """η of one array."""
    rates = [link.numbers["rate"] for link in chain if link.kind == "rate"]
    if not rates:
        if given is None:
            raise ValueError(
                "opt_state has no learning rate in it, and no optimizer= that has one was given, "
                "so there is no threshold to draw; give learning_rate= as a number or as the "
                "schedule that the optimizer has."
            )
        return given
    rate = -1.0
    for each in rates:
        rate = rate * each
    if not tree.traced(rate) and rate < 0:
        raise ValueError(
            "optimizer adds the gradient instead of subtracting it, of all of params or of what "
            "optax.masked hides; a rate below 0 has no edge, so scale by minus the rate."
        )
    return jnp.abs(rate) if tree.traced(rate) else abs(rate)


def _require_known(chain):
    remembering = [link for link in chain if link.kind in REMEMBERING or link.flag("schedule_free")]
    if sum(not _forgets(link) for link in remembering) > 1:
        kinds = " and ".join(link.kind for link in remembering)
        raise ValueError(
            f"optimizer has two momenta, {kinds}, one behind the other, whose edge is not known "
            f"here; {INSTEAD}."
        )


def _forgets(link):
    """Whether a momentum is none."""
    decay = link.numbers.get("b1", link.numbers.get("beta", link.numbers.get("decay")))
    return isinstance(decay, int | float) and decay == 0


def _require_one_norm(chains):
    """Raises ValueError unless all arrays follow one rule in one norm, through a known edge."""
    rules = [
        [link for link in chain if link.kind in (*REMEMBERING, *NORMS, "decay")] for chain in chains
    ]
    if len({tuple(map(id, each)) for each in rules}) > 1 or not rules[0]:
        raise ValueError(
            "optimizer moves some arrays by a sign or a polar factor and others by another rule, "
            "momentum or decay, for which no common edge is known; say by trained= which of them "
            "to judge, or pass rule=None."
        )
    kinds = [link.kind for link in chains[0]]
    last = max(n for n, kind in enumerate(kinds) if kind in NORMS)
    if set(kinds[:last]) - {"rate", "gain", "ema", "trace"} or set(kinds) & set(SHAPING):
        raise ValueError(
            f"optimizer has {' and '.join(kinds)} in a row, whose edge is not known here; "
            f"{INSTEAD}."
        )
    for link in chains[0]:
        b1, b2 = _weights_of(link)
        if not tree.traced((b1, b2)) and b1 > b2**2 * (1 + 1e-5):
            raise ValueError(
                f"optimizer takes a sign or a polar factor of a momentum with β1={float(b1):g} and "
                f"β2={float(b2):g}, whose edge is known only for β1 up to β2²; {INSTEAD}."
            )


def _weights_of(link):
    """β1 and β2 of a momentum as Lion has them: what the step keeps of it, and it of itself."""
    if "b2" in link.numbers:
        return link.numbers["b1"], link.numbers["b2"]
    beta = link.numbers.get("beta", link.numbers.get("decay", 0.0))
    return (beta**2 if link.flag("nesterov") else beta), beta
