"""The chain of links that an optax transformation is, read from it and from its state.

optax's functions keep β, ε, rates and schedules in their closures, where they are read by name;
what `inject_hyperparams` puts into the state is read there. What is not known is refused.

| symbol | name | source |
| --- | --- | --- |
| η | the product of all `rate` links, with its sign | |
| β1 of schedule-free | `b1`; y = (1 − β1) z + β1 x, x ← (1 − c) x + c z | arXiv 2405.15682 |
| c | weight of the newest z in the average x | arXiv 2405.15682 |
"""

import functools
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp

from curvkit.curvature._cover import Cover, scalar, unknown
from curvkit.curvature._links import Link
from curvkit.curvature._primitives import READERS, STATELESS


def transformed(optimizer: Any, state: Any, cover: Cover) -> list[Link]:
    """The links of an optax transformation at its state, in their order.

    Args:
        optimizer: anything with optax's `init` and `update`.
        state: its state.
        cover: what it acts on.

    Raises:
        ValueError: in a sentence, if a part of it is not known here, or the state is not its own.

    >>> import optax
    >>> method, cover = optax.sgd(0.1, momentum=0.9), Cover(jnp.ones(2), 0, ((2,),))
    >>> links = transformed(method, method.init(jnp.ones(2)), cover)
    >>> [(each.kind, *each.numbers.values()) for each in links]
    [('trace', 0.9), ('rate', -0.1)]
    """
    try:
        return _walk(optimizer.update, state, cover)
    except (AttributeError, TypeError, KeyError, IndexError) as error:
        raise ValueError(
            f"opt_state is not the state of optimizer ({error}); pass what its own init or update "
            "returned."
        ) from error


def _walk(update: Any, state: Any, cover: Cover) -> list[Link]:
    while not hasattr(update, "__closure__") or hasattr(update, "__wrapped__"):
        held: Any = update
        if isinstance(held, functools.partial) and not (held.args or held.keywords):
            update = held.func
        elif hasattr(update, "__wrapped__"):
            update = update.__wrapped__
        elif type(getattr(update, "__self__", None)).__name__ == "MultiSteps":
            return _several(update.__self__, state, cover)
        else:
            raise ValueError(unknown(getattr(update, "__qualname__", update)))
    if type(getattr(update, "__self__", None)).__name__ == "MultiSteps":
        return _several(update.__self__, state, cover)
    module, name = getattr(update, "__module__", ""), update.__qualname__.split(".")[0]
    readers, ours = READERS | WRAPPERS, module == "curvkit.tuners._tuner"
    if name not in readers or not (ours or module.split(".")[0] == "optax"):
        raise ValueError(unknown(name if module.startswith("optax") else update.__qualname__))
    if name in STATELESS and jax.tree.leaves(state):
        raise TypeError(f"{name} keeps nothing, and the state has {type(state).__name__} for it")
    cells = zip(update.__code__.co_freevars, update.__closure__ or (), strict=True)
    return readers[name]({key: cell.cell_contents for key, cell in cells}, state, cover)


def _with_extra_args(cells, state, cover):
    return _walk(cells["tx"].update, state, cover)


def _chain(cells, state, cover):
    updates = cells["update_fns"]
    if not isinstance(state, tuple | list) or len(updates) != len(state):
        raise TypeError(f"a chain of {len(updates)} has a state of as many parts")
    parts = zip(updates, state, strict=True)
    return [link for update, each in parts for link in _walk(update, each, cover)]


def _named_chain(cells, state, cover):
    parts = cells["transforms"]
    return [link for name, tx in parts for link in _walk(tx.update, state[name], cover)]


def _masked(cells, state, cover):
    return _walk(cells["inner"].update, state.inner_state, cover.shown(cells["mask"]))


def _partition(cells, state, cover):
    labels, links = cells["param_labels"], []
    labels = labels(cover.params) if callable(labels) else labels
    inner: Any = getattr(state, "inner_states", None)
    for name, tx in cells["transforms"].items():
        part = cover.shown(jax.tree.map(lambda label, name=name: label == name, labels))
        links += _walk(tx.update, inner[name].inner_state, part)
    return links


def _injected(cells, state, cover):
    values = {name: scalar(each) for name, each in state.hyperparams.items()}
    inside = getattr(state, "hyperparams_states", {})
    values |= {name: each(inside[name]) for name, each in cells["sched_hps"].items()}
    inner = cells["inner_factory"](**cells["other_hps"], **values)
    return _walk(inner.update, state.inner_state, cover)


def _inner(cells, state, cover):
    return _walk(cells["inner"].update, state.inner_state, cover)


def _several(multi, state, cover):
    links = _walk(multi._opt.update, state.inner_opt_state, cover)
    if multi._use_grad_mean:
        return links
    count = multi._every_k_schedule(scalar(state.gradient_step))
    return [Link("gain", {"gain": count}, cover.held()), *links]


def _tuned(cells, state, cover):
    links = _walk(cells["base"].update, state.base, cover)
    return [*links, Link("rate", {"rate": -state.learning_rate}, cover.held())]


def _schedule_free(cells, state, cover):
    rate, power = cells["learning_rate"], cells["weight_lr_power"]
    rate = rate(scalar(state.step_count)) if callable(rate) else rate
    links = _walk(cells["base_optimizer"].update, state.base_optimizer_state, cover)
    return [*links, averaged(scalar(state.b1), state, rate, power, cover)]


def averaged(b1: Any, state: Any, rate: Any, power: Any, cover: Cover) -> Link:
    """What schedule-free makes of the steps of its base, at its state.

    Where all changes sign at each step, x = c z / (2 − c) and y is a share of z: 1 − β1 + β1 c /
    (2 − c).
    """
    weight = jnp.maximum(scalar(state.max_lr), rate) ** power
    total = scalar(state.weight_sum) + weight
    newest = jnp.where(total > 0, weight / jnp.where(total > 0, total, 1.0), 0.0)
    share = 1 - b1 + b1 * newest / (2 - newest)
    return Link("gain", {"gain": share}, cover.held(), (("schedule_free", True),))


WRAPPERS: dict[str, Callable[[dict[Any, Any], Any, Cover], list[Link]]] = {
    "with_extra_args_support": _with_extra_args,
    "chain": _chain,
    "named_chain": _named_chain,
    "masked": _masked,
    "partition": _partition,
    "multi_transform": _partition,
    "inject_hyperparams": _injected,
    "apply_if_finite": _inner,
    "tuner": _tuned,
    "schedule_free": _schedule_free,
}
