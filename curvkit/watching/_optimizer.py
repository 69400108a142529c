"""What the optimizer tells of the step that follows: its rate, its edge, and its preconditioner.

From the optax transformation where it is given, else from its state; what neither tells is asked.
"""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any, cast

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import messages, programs, tree
from curvkit.curvature import _edges as edges
from curvkit.curvature import _states as states
from curvkit.curvature._cover import Cover, Unlike
from curvkit.curvature._links import Link, ready
from curvkit.curvature._optimizers import transformed
from curvkit.watching import _parts as parts

# The rule is told by the optimizer or its state.
READ = "read"


@functools.partial(
    jax.tree_util.register_dataclass,
    data_fields=["step", "learning_rate", "critical", "ready", "given", "natural", "links", "own"],
    meta_fields=["rule", "norm", "shaped"],
)
@dataclasses.dataclass(frozen=True)
class StepFacts:
    """What is told of one step; a pytree, the words in it part of its structure.

    Attributes:
        step: training steps taken.
        learning_rate: η, nan where nothing tells it.
        critical: of ηλ, nan where there is no threshold.
        ready: whether an update has gone into the second moments.
        given: the learning rate as given by hand, nan if none was.
        natural: the rule's own critical value, for which P is made.
        links: what the optimizer is a chain of.
        own: the diagonal of a preconditioner of one's own, or None.
        rule: its name, None where none is judged by.
        norm: sign or spectral where the sharpness is in a norm, else None.
        shaped: whether the Hessian is preconditioned.
    """

    step: Any
    learning_rate: Any
    critical: Any
    ready: Any
    given: Any
    natural: Any
    links: list[Link]
    own: list[jax.Array] | None
    rule: str | None
    norm: str | None
    shaped: bool

    def weights(self, numbers: list[jax.Array], gradients: list[jax.Array]) -> list[jax.Array]:
        """The diagonal of P at these weights and gradients."""
        if self.own is not None:
            return self.own
        return edges.diagonal(self.links, self.edge, numbers, gradients, self.given)

    def steepest(self, numbers: list[jax.Array], gradients: list[jax.Array]) -> edges.Steepest:
        """What the sign or the polar factor is taken of, and how far each array goes."""
        return edges.steepest(self.links, self.edge, numbers, gradients, self.given)

    @property
    def edge(self) -> edges.Edge:
        """The rule's own edge: a critical value of one's own judges, and does not bend P."""
        return edges.Edge(self.rule or "", self.learning_rate, self.natural, self.norm, self.shaped)


def tell(
    options: dict[str, Any], state: Any, step: Any, params: Any, numbers: list[Any], shape: Any
) -> tuple[StepFacts, list[str]]:
    """What is told of the step that follows, and what was assumed for it.

    Args:
        options: those of `curvkit.watch`.
        state: the optimizer's, or None.
        step: training steps taken.
        params: the whole pytree.
        numbers: the trained arrays.
        shape: how params are put together.

    Raises:
        ValueError: in a sentence, where something is not told, or not known.
    """
    by_hand = options["learning_rate"]
    rate_by_hand = by_hand(step) if callable(by_hand) else by_hand
    own = _own(options["preconditioner"], state, numbers)
    links, edge, assumed = [], None, []
    if options["rule"] is not None and not (own is not None and options["critical"] is not None):
        links, assumed = _links(options, state, params, numbers, shape)
        edge = edges.edge(links, len(numbers), rate_by_hand)
        rate = edge.rate
    else:
        rate = _rate_alone(options, state, params, numbers, shape, rate_by_hand)
    _require_same(by_hand, rate, () if options["optimizer"] is not None else state)
    critical, known = options["critical"], cast(Any, rate)
    if critical is not None and not tree.traced(rate) and np.isnan(float(known)):
        raise ValueError(
            "critical is a value of learning rate times sharpness, and no learning rate is told; "
            "give learning_rate= as a number or as the schedule that the optimizer has."
        )
    critical = (np.nan if edge is None else edge.critical) if critical is None else critical
    shaped = own is not None or (edge is not None and edge.shaped)
    updated = True
    for link in links:
        updated = ready(link) & updated
    next_step = StepFacts(
        step=jnp.asarray(step, int),
        learning_rate=jnp.asarray(rate, float),
        critical=jnp.asarray(critical, float),
        ready=jnp.asarray(updated),
        given=jnp.asarray(np.nan if rate_by_hand is None else rate_by_hand, float),
        natural=jnp.asarray(np.nan if edge is None else edge.critical, float),
        links=jax.tree.map(_wide, links) if shaped and own is None else [],
        own=own,
        rule=None if edge is None else edge.rule,
        norm=None if edge is None or own is not None else edge.norm,
        shaped=shaped,
    )
    return tree.strong(next_step), assumed


def _wide(leaf):
    """A number in single precision at least."""
    dtype = jnp.result_type(leaf)
    floats = jnp.issubdtype(dtype, jnp.floating)
    return jnp.asarray(leaf, jnp.promote_types(dtype, jnp.float32) if floats else dtype)


def _links(options, state, params, numbers, shape):
    """The links, of whatever of params the state is of."""
    first = None
    for cover in _covers(params, numbers, shape):
        try:
            if options["optimizer"] is not None:
                return transformed(options["optimizer"], state, cover), []
            names = ("momentum", "second_moment_decay", "epsilon")
            rule = None if options["rule"] == READ else options["rule"]
            return states.facts(state, cover, rule, {name: options[name] for name in names})
        except Unlike as error:
            first = first or error
    raise ValueError(str(first)) from first


def _covers(params, numbers, shape):
    """What a state may be of: params, its floating-point arrays, or the trained ones in a row."""
    places, at = [], 0
    for kind in shape.kinds:
        places.append(at if kind == parts.NUMBER else -1)
        at += kind == parts.NUMBER
    shapes = tuple(number.shape for number in numbers)
    whole = jax.tree.unflatten(shape.structure, places)
    yield Cover(params, whole, shapes)
    floats = lambda leaf: (
        (hasattr(leaf, "dtype") or hasattr(leaf, "__array__"))
        and jnp.issubdtype(jnp.result_type(leaf), jnp.floating)
    )
    only = lambda leaf, place: place if floats(leaf) else None
    yield Cover(jax.tree.map(lambda leaf: leaf if floats(leaf) else None, params),
                jax.tree.map(only, params, whole), shapes)  # fmt: skip
    yield Cover(list(numbers), list(range(len(numbers))), shapes)


def _rate_alone(options, state, params, numbers, shape, given):
    """The learning rate where no rule is judged by: nan where nothing tells it."""
    try:
        links, _ = _links({**options, "rule": READ}, state, params, numbers, shape)
        return edges.edge(links, len(numbers), given).rate
    except ValueError:
        hyperparams = (getattr(each, "hyperparams", {}) for each in _tuples(state))
        rates = [each["learning_rate"] for each in hyperparams if "learning_rate" in each]
        rates = [jax.tree.leaves(each)[0] for each in rates]
        return rates[0] if len(rates) == 1 else np.nan if given is None else given


def _tuples(state):
    if isinstance(state, tuple) and hasattr(state, "_fields"):
        yield state
    if isinstance(state, dict | list | tuple):
        for each in state.values() if isinstance(state, dict) else state:
            yield from _tuples(each)


def _require_same(by_hand, rate, state):
    """Raises ValueError where a number given by hand is not what the optimizer has."""
    if by_hand is None or callable(by_hand):
        return
    if any(type(each).__name__ == "ScaleByScheduleState" for each in _tuples(state)):
        expected, advice = (
            "as opt_state has it, a schedule",
            "give learning_rate= the schedule itself",
        )
        raise ValueError(messages.refusal("learning_rate", expected, by_hand, advice))
    if not tree.traced(rate) and abs(float(rate) - by_hand) > 1e-5 * abs(by_hand):
        advice = "leave learning_rate= out, and it is read from there"
        expected = f"that of opt_state, {float(rate):g}"
        raise ValueError(messages.refusal("learning_rate", expected, by_hand, advice))


def _own(
    preconditioner: Callable[..., Any] | None, state: Any, numbers: list[Any]
) -> list[jax.Array] | None:
    if preconditioner is None:
        return None
    expected = "a function of the optimizer's state"
    diagonal = programs.own(preconditioner, "preconditioner", expected)(state)
    weights = [jnp.asarray(each, float) for each in jax.tree.leaves(diagonal)]
    if [each.shape for each in weights] != [number.shape for number in numbers]:
        expected = f"of the shapes of the trained arrays, {[number.shape for number in numbers]}"
        shapes = [each.shape for each in weights]
        raise ValueError(messages.refusal("what preconditioner returns", expected, shapes))
    if not tree.traced(weights) and not all(bool(jnp.all(each > 0)) for each in weights):
        raise ValueError(messages.refusal("what preconditioner returns", "above 0", weights))
    return weights
