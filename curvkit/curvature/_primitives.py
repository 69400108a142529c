"""optax's single transformations as links: what each keeps in its closure and in its state.

| symbol | name | source |
| --- | --- | --- |
| β, β1, β2, ε | `decay`, `b1`, `b2`, `eps` | optax's names |
| η | `rate`, of a link that multiplies by a number, with its sign | |
"""

from collections.abc import Callable
from typing import Any

from curvkit.curvature._cover import Cover, scalar, unknown
from curvkit.curvature._links import Link


def _numbers(cells, *names):
    return {name: cells[name] for name in names if name in cells}


def _rate(cells, state, cover):
    return [Link("rate", {"rate": cells["step_size"]}, cover.held())]


def _scheduled(cells, state, cover):
    rate = cells["step_size_fn"](scalar(state.count))
    return [Link("rate", {"rate": rate}, cover.held())]


def _plateau(cells, state, cover):
    return [Link("rate", {"rate": scalar(state.scale)}, cover.held())]


def _decayed(cells, state, cover):
    decay = cells["weight_decay"]
    decay = decay(scalar(state.count)) if callable(decay) else decay
    if isinstance(decay, int | float) and decay == 0:
        return []
    return [Link("decay", {"weight_decay": decay}, cover.held())]


def _moments(kind, *flags):
    """The reader of a rule with second moments (and perhaps momentum)."""

    def read(cells, state, cover):
        names = ("b1", "b2", "eps", "eps_root", "decay")
        numbers = _numbers(cells, *names)
        if "count" in state._fields:
            numbers["count"] = scalar(state.count)
        if (kind == "amsgrad") != ("nu_max" in state._fields):
            raise TypeError(f"{kind} has other moments")
        if kind == "belief":
            numbers["eps_root"] = 0.0  # which is in the second moments already
        known = ("nu", "nu_max", "mu", "sum_of_squares")
        fields = {name: getattr(state, name) for name in known if name in state._fields}
        if not fields:
            raise TypeError(f"{kind} has moments")
        return [Link(kind, numbers, cover.held(**fields), _flags(cells, *flags))]

    return read


def _flags(cells, *names):
    return tuple((name, bool(cells[name])) for name in names if name in cells)


def _factored(cells, state, cover):
    held = cover.held(alike=False, v=state.v, v_row=state.v_row, v_col=state.v_col)
    return [Link("factored", {"count": scalar(state.count)}, held)]


def _traced(cells, state, cover):
    held = cover.held(trace=state.trace)
    return [Link("trace", _numbers(cells, "decay"), held, _flags(cells, "nesterov"))]


def _ema(cells, state, cover):
    numbers = _numbers(cells, "decay") | {"count": scalar(state.count)}
    return [Link("ema", numbers, cover.held(ema=state.ema), _flags(cells, "debias"))]


def _trust(cells, state, cover):
    names = ("min_norm", "trust_coefficient", "eps")
    return [Link("trust", _numbers(cells, *names), cover.held())]


def _param_scale(kind):
    return lambda cells, state, cover: [Link(kind, _numbers(cells, "min_scale"), cover.held())]


def _lion(cells, state, cover):
    if cells.get("mode", "hard") != "hard":
        raise ValueError(unknown(f"scale_by_lion(mode={cells['mode']!r})"))
    return [Link("lion", _numbers(cells, "b1", "b2"), cover.held(mu=state.mu))]


def _muon(cells, state, cover):
    if cells.get("adaptive"):
        raise ValueError(unknown("scale_by_muon(adaptive=True)"))
    if any(len(cover.shapes[at]) != 2 for at in cover.trained):
        raise ValueError(unknown("scale_by_muon of arrays that are no matrices"))
    numbers = _numbers(cells, "beta", "eps") | {"count": scalar(state.count)}
    numbers["ns_coeffs"] = scalar(state.ns_coeffs)
    flags = _flags(cells, "nesterov")
    flags += tuple((each, cells[each]) for each in ("ns_steps", "preconditioning") if each in cells)
    return [Link("muon", numbers, cover.held(mu=state.mu), flags)]


def _by_shape(cells, state, cover):
    rms = cells["consistent_rms"]
    links = []
    for at, held in cover.held().items():
        rows, columns = cover.shapes[at]
        scale = max(1, columns / rows) ** 0.5 if rms is None else max(rows, columns) ** 0.5 * rms
        links.append(Link("gain", {"gain": scale}, {at: held}))
    return links


def _nothing(cells, state, cover):
    return []


# What bounds a gradient is read as if it did not bite.
BOUNDS = ("clip", "clip_by_block_rms", "clip_by_global_norm", "adaptive_grad_clip")
STATELESS = (
    *("identity", "scale", "set_to_zero", "scale_by_sign", "scale_by_shape"),
    *("scale_by_trust_ratio", "scale_by_param_block_rms", "scale_by_param_block_norm"),
    *BOUNDS,
)
READERS: dict[str, Callable[[dict[Any, Any], Any, Cover], list[Link]]] = {
    "scale": _rate,
    "scale_by_schedule": _scheduled,
    "reduce_on_plateau": _plateau,
    "add_decayed_weights": _decayed,
    "scale_by_adam": _moments("adam", "nesterov"),
    "scale_by_yogi": _moments("adam"),
    "scale_by_belief": _moments("belief", "nesterov"),
    "scale_by_amsgrad": _moments("amsgrad", "bias_correction_mu"),
    "scale_by_adamax": _moments("adamax"),
    "scale_by_rms": _moments("rms", "eps_in_sqrt"),
    "scale_by_stddev": _moments("rms", "eps_in_sqrt"),
    "scale_by_rss": _moments("rss"),
    "scale_by_factored_rms": _factored,
    "trace": _traced,
    "ema": _ema,
    "scale_by_trust_ratio": _trust,
    "scale_by_param_block_rms": _param_scale("param_rms"),
    "scale_by_param_block_norm": _param_scale("param_norm"),
    "scale_by_sign": lambda cells, state, cover: [Link("sign", {}, cover.held())],
    "scale_by_lion": _lion,
    "scale_by_muon": _muon,
    "scale_by_shape": _by_shape,
    "set_to_zero": lambda cells, state, cover: [Link("still", {}, cover.held())],
    **dict.fromkeys(("identity", "zero_nans", "add_noise", *BOUNDS), _nothing),
}
