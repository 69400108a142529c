"""What an optimizer's state alone tells of its rule: the links that are to be seen in it.

A state has its moments, and what `inject_hyperparams` puts there. Which of several rules made it,
it often does not tell (optax.sgd and optax.sign_sgd have the same), nor β and ε. That is asked for,
by `optimizer=` or `rule=`; numbers that are left open are optax's own, and are told as assumed.

| symbol | name | source |
| --- | --- | --- |
| β, β1; β2; ε | `momentum`, `second_moment_decay`, `epsilon`, as given by hand | |
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from curvkit.core import messages
from curvkit.curvature._cover import INSTEAD, Cover, scalar
from curvkit.curvature._links import Link
from curvkit.curvature._optimizers import averaged

KINDS = {
    "ScaleByAdamState": "adam",
    "ScaleByBeliefState": "belief",
    "ScaleByAmsgradState": "amsgrad",
    "ScaleByRmsState": "rms",
    "ScaleByRmsWithCountState": "rms",
    "ScaleByRStdDevState": "rms",
    "ScaleByRStdDevWithCountState": "rms",
    "ScaleByRssState": "rss",
    "TraceState": "trace",
    "EmaState": "ema",
    "ScaleByLionState": "lion",
}
FIELDS = ("nu", "nu_max", "mu", "sum_of_squares", "trace", "ema")
# States of what changes no edge, or tells of a rate that is given by hand.
SILENT = ("EmptyState", "ScaleByScheduleState", "AddNoiseState", "ZeroNansState", "MaskedNode")
# Where an inner state lies.
WITHIN = {
    "MaskedState": "inner_state",
    "ApplyIfFiniteState": "inner_state",
    "MultiStepsState": "inner_opt_state",
    "TunerState": "base",
    "ScheduleFreeState": "base_optimizer_state",
    "InjectHyperparamsState": "inner_state",
    "InjectStatefulHyperparamsState": "inner_state",
}
# What a rule named by hand has in its state: one of these kinds.
RULES: dict[str, tuple[str, ...]] = {
    "gd": (),
    "heavy_ball": ("trace",),
    "nesterov": ("trace",),
    "ema_momentum": ("ema",),
    "adam": ("adam", "amsgrad", "belief"),
    "adamw": ("adam", "amsgrad", "belief"),
    "nadam": ("adam", "belief"),
    "amsgrad": ("amsgrad",),
    "rmsprop": ("rms",),
    "adagrad": ("rss",),
    "sign_descent": (),
    "lion": ("lion",),
}
# Rules that a state tells by itself.
CLEAR = {"amsgrad": "amsgrad", "rss": "adagrad", "lion": "lion", "rms": "rmsprop"}
# Of each kind: by what names its numbers are injected, by what name given, and optax's own.
NUMBERS = {
    "b1": (("b1",), "momentum", 0.9),
    "b2": (("b2",), "second_moment_decay", 0.999),
    "eps": (("eps",), "epsilon", 1e-8),
    "decay": (("momentum", "decay", "beta"), "momentum", 0.9),
}
USES = {
    "adam": ("b1", "b2", "eps"),
    "amsgrad": ("b1", "b2", "eps"),
    "belief": ("b1", "b2", "eps"),
    "rms": ("decay", "eps"),
    "rss": ("eps",),
    "trace": ("decay",),
    "ema": ("decay",),
    "lion": ("b1", "b2"),
}
OWN = {("belief", "eps"): 1e-16, ("rss", "eps"): 1e-7, ("lion", "b2"): 0.99}


class StateFacts(NamedTuple):
    """The links that a state tells of, and the numbers that were assumed, as optax has them."""

    links: list[Link]
    assumed: list[str]


class _Found(NamedTuple):
    kind: str
    state: Any
    injected: dict[str, Any]
    cover: Cover


def facts(state: Any, cover: Cover, rule: str | None, given: dict[str, Any]) -> StateFacts:
    """The links of a rule, from the state of an optax transformation alone.

    Args:
        state: the state, or None.
        cover: the arrays that it is of.
        rule: one of `RULES`, or None to have the state tell it.
        given: momentum, second_moment_decay and epsilon, or None where they were not given.

    Raises:
        ValueError: in a sentence, if the state does not tell, or tells of another rule.

    >>> import optax
    >>> state = optax.inject_hyperparams(optax.adam)(0.1, b1=0.5).init(jnp.ones(2))
    >>> links = facts(state, Cover(jnp.ones(2), 0, ((2,),)), "adam", {}).links
    >>> [each.kind for each in links], float(links[0].numbers["b1"])
    (['adam', 'rate'], 0.5)
    """
    if state is None:
        return _imagined(rule or "gd", cover, given)
    parts = _walk(state, {}, cover)
    moments = [each for each in parts if each.kind in USES]
    kinds = {each.kind for each in moments}
    free = any(each.kind == "schedule_free" for each in parts)
    assumed: list[str] = []
    if rule is None:
        rule = _only(kinds, parts, assumed)
    elif free:
        raise ValueError(
            f"opt_state is schedule-free's, whose edge is its own and not that of rule={rule!r}; "
            "leave rule= out and give optimizer=, the optax transformation."
        )
    _require(rule, kinds, moments)
    links = [link for each in parts for link in _links(each, rule, free, given, assumed)]
    if rule == "sign_descent":
        links.insert(0, Link("sign", {}, cover.held()))
    decaying = any(link.kind == "decay" for link in links)
    if rule in ("adamw", "lion") and not decaying:
        assumed.append("weight decay 0")
    return StateFacts(links, list(dict.fromkeys(assumed)))


def _imagined(rule, cover, given):
    """The links of a rule without a state."""
    kinds = RULES[rule]
    if kinds and kinds[0] not in ("trace", "ema"):
        raise ValueError(_absent(rule))
    if rule == "sign_descent":
        return StateFacts([Link("sign", {}, cover.held())], [])
    assumed: list[str] = []
    zeros = [jnp.zeros(shape) for shape in cover.shapes]
    state = {name: zeros for name in ("trace", "ema")}
    held = {at: {name: state[name][at] for name in state} for at in cover.trained}
    links = [_link(kind, {}, held, rule, {}, given, assumed) for kind in kinds[:1]]
    if rule == "ema_momentum":
        links = [Link("ema", links[0].numbers, held, (("debias", False),))]
    return StateFacts(links, assumed)


def _absent(rule):
    return (
        f"opt_state has no second moments or momentum, which rule={rule!r} is judged by; pass the "
        "state that optax's update returned, or name the rule that is used."
    )


def _only(kinds, parts, assumed):
    """The one rule that a state can be of."""
    tuned = any(each.kind == "tuner" for each in parts)
    free = any(each.kind == "schedule_free" for each in parts)
    if not kinds and (tuned or free):
        assumed.append("gradient descent as the base")
        return "gd"
    if len(kinds) == 1 and (kind := next(iter(kinds))) in CLEAR:
        return CLEAR[kind]
    looks = {
        (): "gradient descent or sign descent",
        ("adam",): "Adam, AdamW, NAdam, Adamax, Yogi or LAMB",
        ("trace",): "heavy ball or Nesterov",
        ("ema",): "an average of gradients, or of its sign",
    }
    seen = looks.get(tuple(sorted(kinds)), "several rules, " + ", ".join(sorted(kinds)))
    raise ValueError(
        f"opt_state may be that of {seen}, and does not tell which; give optimizer=, the optax "
        "transformation itself, or rule=, or rule=None for the sharpness without a threshold."
    )


def _require(rule, kinds, moments):
    expected = RULES[rule]
    if expected and not kinds & set(expected):
        raise ValueError(_absent(rule))
    if kinds - set(expected) or (len(kinds) > 1):
        raise ValueError(
            f"opt_state has {' and '.join(sorted(kinds))} in it, which is not rule={rule!r}; leave "
            "rule= out and give optimizer=, the optax transformation itself."
        )


def _walk(state, injected, cover):
    """The parts of a state that tell something, in their order."""
    kind = type(state).__name__
    if state is None or kind in SILENT or hasattr(state, "__array__") or jnp.isscalar(state):
        return []
    if kind in KINDS:
        return [_Found(KINDS[kind], state, injected, cover)]
    if kind in ("PartitionState", "MultiTransformState"):
        return _groups(state.inner_states, injected, cover)
    if kind == "ReduceLROnPlateauState":
        return [_Found("plateau", state, injected, cover)]
    if kind in WITHIN:
        if hasattr(state, "hyperparams"):
            injected = {name: scalar(each) for name, each in state.hyperparams.items()}
        if kind == "MaskedState":
            cover = _shown(state, cover)
        inner = _walk(getattr(state, WITHIN[kind]), injected, cover)
        if "learning_rate" in injected and hasattr(state, "hyperparams"):
            inner.append(_Found("injected", state, injected, cover))
        ends = {"TunerState": "tuner", "ScheduleFreeState": "schedule_free"}
        return inner + [_Found(ends[kind], state, injected, cover) for _ in range(kind in ends)]
    if isinstance(state, Mapping) or type(state) in (tuple, list):
        parts = state.values() if isinstance(state, Mapping) else state
        return [part for each in parts for part in _walk(each, injected, cover)]
    raise ValueError(
        f"opt_state has {messages.shown(kind)} in it, whose edge is not known here; give "
        f"optimizer=, the optax transformation itself, or {INSTEAD}."
    )


def _groups(inner, injected, cover):
    parts = []
    for name, each in inner.items():
        if not _fields(each) and len(inner) > 1:
            raise ValueError(
                "opt_state has several groups and does not tell which arrays "
                f"{messages.shown(name)} trains; give optimizer=, the optax transformation itself."
            )
        parts += _walk(each, injected, cover)
    return parts


def _fields(state):
    """All fields of a state that hold something of each array."""
    nodes = jax.tree.leaves(state, is_leaf=lambda each: type(each).__name__ in KINDS)
    nodes = [each for each in nodes if type(each).__name__ in KINDS]
    return [getattr(node, name) for node in nodes for name in FIELDS if name in node._fields]


def _shown(state, cover):
    fields = _fields(state)
    return cover.only(set(cover.held(some=fields[0]))) if fields else cover


def _links(part, rule, free, given, assumed):
    kind, state, injected, cover = part
    if kind == "injected":
        return [Link("rate", {"rate": -injected["learning_rate"]}, cover.held())]
    if kind == "tuner":
        return [Link("rate", {"rate": -scalar(state.learning_rate)}, cover.held())]
    if kind == "plateau":
        return [Link("rate", {"rate": scalar(state.scale)}, cover.held())]
    if kind == "schedule_free":
        return [averaged(scalar(state.b1), state, scalar(state.max_lr), 2.0, cover)]
    held = cover.held(**{name: getattr(state, name) for name in FIELDS if name in state._fields})
    links = [_link(kind, state, held, rule, injected, given, assumed, free)]
    if "weight_decay" in injected:
        links.append(Link("decay", {"weight_decay": injected["weight_decay"]}, held))
    return links


def _link(kind, state, held, rule, injected, given, assumed, free=False):
    numbers = {}
    if "count" in getattr(state, "_fields", ()):
        numbers["count"] = scalar(state.count)
    for name in USES[kind]:
        names, by_hand, own = NUMBERS[name]
        if kind == "rms" and name == "decay":
            names, by_hand = ("decay",), "second_moment_decay"
        value = next((injected[each] for each in names if each in injected), given.get(by_hand))
        if value is None:
            value = OWN.get((kind, name), own)
            # Without a count there is no bias to correct, and RMSProp's decay plays no part.
            if kind != "rms" or name != "decay" or "count" in numbers:
                assumed.append(f"{by_hand} {value:g}")
        numbers[name] = value
    numbers["eps_root"] = 0.0 if kind == "belief" else injected.get("eps_root", 0.0)
    flags = {"nesterov": rule in ("nesterov", "nadam")}
    if kind == "rms":
        flags = {"eps_in_sqrt": not free}
    return Link(kind, numbers, held, tuple(flags.items()))
