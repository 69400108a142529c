"""K-FAC: gradients preconditioned by a Kronecker product of two small matrices for each layer.

| symbol | name | shape, source |
| --- | --- | --- |
| A = E[a aᵀ], a = (x, 1) | `inputs` of a layer's factors | (in + 1, in + 1), arXiv 1503.05671 |
| G = E[g gᵀ], g = ∂(−log p)/∂s of s = Wᵀx + b | `outputs` | (out, out), arXiv 1503.05671 |
| A = E[Σ_t a_t a_tᵀ], G = E[Σ_t g_t g_tᵀ] / T | the same over T locations | arXiv 1602.01407 |
| E[ḡ²], of scale and shift after a norm | `scale`, `shift` | (features,), the diagonal |
| λ, π | `damping`, `balance` | factored Tikhonov, arXiv 1503.05671 |
| ε | `average` | decay of both factors' running means |
| κ | `clip` | largest η² ∇ᵀF⁻¹∇ of a step |

Targets are the model's own, sampled or in expectation, and so the Fisher matrix is the Gauss-Newton
matrix of cross-entropy and of squared error; with labels of the data it would be neither. For one
example a dense layer's A ⊗ G is its block exactly; a convolution's is not, since its locations,
which its weights sum over, are taken to have gradients that are independent of one another.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from curvkit.core import messages
from curvkit.kernels import _apply as applying

LIKELIHOODS = ("categorical", "gaussian")
# π stays within these: of a layer that nothing comes back to it would be without end.
LEAST, MOST = 1e-6, 1e6


class State(NamedTuple):
    """What K-FAC keeps: steps taken, running means of the factors, their inverses, the velocity."""

    # Hides `tuple.count`, which nobody asks of a state.
    count: jax.Array  # pyright: ignore[reportIncompatibleMethodOverride]
    factors: Any
    inverses: Any
    velocity: Any


@jax.custom_vjp
def _dense(weight: jax.Array, bias: jax.Array, slot: Any, x: jax.Array) -> jax.Array:
    """An affine layer whose `slot` gets, as if it were its gradient, the layer's two factors."""
    return x @ weight + bias


def _dense_back(residuals: Any, back: jax.Array) -> Any:
    weight, x = residuals
    number, places = len(x), x[0, ..., 0].size
    rows, grown = (each.reshape(-1, each.shape[-1]) for each in (x, back))
    along = jnp.concatenate([rows, jnp.ones_like(rows[:, :1])], 1)
    # Gradients are of a mean over examples, so that one example's own is `number` times of this.
    slot = {"inputs": along.T @ along / number, "outputs": number / places * grown.T @ grown}
    return rows.T @ grown, grown.sum(0), slot, back @ weight.T


_dense.defvjp(lambda weight, bias, slot, x: (x @ weight + bias, (weight, x)), _dense_back)


@jax.custom_vjp
def _scaled(scale: jax.Array, shift: jax.Array, slot: Any, x: jax.Array) -> jax.Array:
    """A scale and a shift whose `slot` gets the mean squares of each example's gradient."""
    return scale * x + shift


def _scaled_back(residuals: Any, back: jax.Array) -> Any:
    scale, x = residuals
    # Over the locations of each example.
    summed = lambda each: each.reshape(len(each), -1, each.shape[-1]).sum(1)
    along, plain = summed(x * back), summed(back)
    squares = lambda each: len(each) * (each**2).sum(0)
    slot = {"scale": squares(along), "shift": squares(plain)}
    return along.sum(0), plain.sum(0), slot, back * scale


_scaled.defvjp(lambda scale, shift, slot, x: (scale * x + shift, (scale, x)), _scaled_back)


def _watched_dense(layer: Any, params: Any, x: jax.Array) -> jax.Array:
    weight = params["weight"].reshape(-1, params["weight"].shape[-1])
    return _dense(weight, params["bias"], params["slot"], applying.patches(layer, x))


WATCHED = applying.Rules(
    dense=_watched_dense,
    scaled=lambda params, x: _scaled(params["scale"], params["shift"], params["slot"], x),
)


def kronecker_factors(
    model: Any,
    params: Any,
    inputs: jax.Array,
    key: jax.Array | None = None,
    *,
    likelihood: str = "categorical",
) -> Any:
    """The two Kronecker factors of each layer, and mean squares for scales and shifts.

    Args:
        model: what `build` returns, or anything whose `apply(params, inputs, rules)` is made of it.
        params: of the model.
        inputs: shape (examples, …, features).
        key: samples one target for each example, which takes one pass back; without it all targets
            are weighed by their probability, which takes a pass for each output.
        likelihood: `categorical` for cross-entropy of softmax outputs, `gaussian` for half the
            squared error, summed over outputs.

    Returns:
        Nested as `params`; for each affine layer `inputs` (…, in + 1, in + 1) and `outputs`
        (…, out, out), stacked where a chain is repeated; of a convolution `in` is the features of
        its window. (arXiv 1503.05671, of convolutions arXiv 1602.01407)

    Raises:
        ValueError: if the likelihood is unknown, or outputs have locations.

    >>> from curvkit.kernels import Chain, Nonlinear
    >>> built, x = Chain((Nonlinear(),)).build("tanh", width=3, outputs=2), jnp.eye(4)
    >>> factors = kronecker_factors(built, built.init(jax.random.key(0), x), x)
    >>> [jax.tree.map(jnp.shape, each) for each in factors if each]
    [{'inputs': (5, 5), 'outputs': (3, 3)}, {'inputs': (4, 4), 'outputs': (2, 2)}]
    """
    if likelihood not in LIKELIHOODS:
        raise ValueError(messages.unknown("likelihood", likelihood, LIKELIHOODS))
    slots = _each(_slot, params)
    within = lambda slots: _each(lambda own, slot: own | {"slot": slot}, params, slots)
    outputs, pull = jax.vjp(lambda slots: model.apply(within(slots), inputs, WATCHED), slots)
    if outputs.ndim != 2:
        expected = "(examples, outputs), as after MeanPool"
        raise ValueError(messages.refusal("the model's outputs", expected, outputs.shape))
    if key is not None:
        return pull(_sampled(outputs, key, likelihood) / len(outputs))[0]
    rows = _expected(outputs, likelihood) / len(outputs)
    factors = jax.vmap(lambda row: pull(row)[0])(rows)
    # What goes into a layer is the same in each pass; what comes back adds up to an expectation.
    return jax.tree_util.tree_map_with_path(
        lambda path, each: each[0] if path[-1].key == "inputs" else each.sum(0), factors
    )


def _sampled(outputs: jax.Array, key: jax.Array, likelihood: str) -> jax.Array:
    """The gradient of −log p by the outputs at a sampled target, for each example."""
    if likelihood == "gaussian":
        return jax.random.normal(key, outputs.shape, outputs.dtype)
    target = jax.random.categorical(key, outputs)
    return jax.nn.softmax(outputs) - jax.nn.one_hot(target, outputs.shape[1], dtype=outputs.dtype)


def _expected(outputs: jax.Array, likelihood: str) -> jax.Array:
    """Rows (target, examples, outputs) whose squares add up to the expectation over targets."""
    one = jnp.eye(outputs.shape[1], dtype=outputs.dtype)
    if likelihood == "gaussian":
        return jnp.broadcast_to(one[:, None], (len(one), *outputs.shape))
    chances = jax.nn.softmax(outputs)
    return jnp.sqrt(chances.T[:, :, None]) * (chances[None] - one[:, None])


def kfac(
    learning_rate: Any,
    *,
    damping: Any = 0.3,
    momentum: Any = 0.9,
    average: Any = 0.95,
    clip: Any = 0.001,
    every: int = 5,
) -> optax.GradientTransformationExtraArgs:
    """K-FAC in the manner of optax, for networks that `build` makes.

    `update` takes the factors of the step's batch: `update(gradient, state, factors=…)`, with what
    `kronecker_factors` returns. Each affine layer's gradient ∇ becomes (A + π√λ I)⁻¹ ∇
    (G + √λ/π I)⁻¹, with π² the ratio of the factors' mean eigenvalues.

    Args:
        learning_rate: η, at least 0; may be traced, as the next four may.
        damping: λ, above 0.
        momentum: how much of the last step is kept, from 0 to below 1.
        average: at most how much of the factors' running means is kept, from 0 to below 1; they
            begin as plain means.
        clip: κ, above 0; a step is shortened until η² ∇ᵀF⁻¹∇, twice the change it foretells of
            the model's distribution, is no more.
        every: every how many steps the inverses are made anew, from 1.

    Returns:
        A gradient transformation whose updates are to be added. (arXiv 1503.05671, without its
        rescaling by the exact curvature; the bound as in Ba, Grosse, Martens 2017)

    Raises:
        ValueError: if a number is out of range.

    >>> from curvkit.kernels import Chain, Nonlinear
    >>> built, x = Chain((Nonlinear(),)).build("tanh", width=3, outputs=2), jnp.eye(4)
    >>> params, method = built.init(jax.random.key(0), x), kfac(0.1)
    >>> gradient = jax.grad(lambda p: jnp.sum(built.apply(p, x) ** 2))(params)
    >>> factors = kronecker_factors(built, params, x, likelihood="gaussian")
    >>> updates, state = method.update(gradient, method.init(params), factors=factors)
    >>> int(state.count)
    1
    """
    learning_rate = messages.real("learning_rate", learning_rate, least=0)
    damping = messages.real("damping", damping, above=0)
    momentum = messages.real("momentum", momentum, least=0, below=1)
    average = messages.real("average", average, least=0, below=1)
    clip = messages.real("clip", clip, above=0)
    every = messages.whole("every", every)

    def init(params: Any) -> State:
        slots = _each(_slot, params)
        velocity = jax.tree.map(jnp.zeros_like, params)
        return State(jnp.zeros((), int), slots, slots, velocity)

    def update(gradient: Any, state: State, params: Any = None, *, factors: Any) -> Any:
        keep = jnp.minimum(1 - 1 / (state.count + 1), average)
        mean = lambda old, new: (keep * old + (1 - keep) * new).astype(new.dtype)
        running = jax.tree.map(mean, state.factors, factors)
        again = lambda running: _each(lambda own: _inverted(own, damping), running)
        inverses = jax.lax.cond(
            state.count % every == 0, again, lambda _: state.inverses, running)  # fmt: skip
        natural = _each(_preconditioned, gradient, inverses)
        size = learning_rate**2 * sum(map(jnp.vdot, *map(jax.tree.leaves, (natural, gradient))))
        step = learning_rate * jnp.sqrt(clip / jnp.maximum(size, clip))
        move = lambda old, along: (momentum * old - step * along).astype(old.dtype)
        velocity = jax.tree.map(move, state.velocity, natural)
        return velocity, State(state.count + 1, running, inverses, velocity)

    update_function: Any = update
    return optax.GradientTransformationExtraArgs(init, update_function)


def _is_layer(each: Any) -> bool:
    """Whether these are the parameters, or the factors, of one layer."""
    return isinstance(each, dict) and bool({"weight", "scale", "outputs"} & each.keys())


def _each(of: Callable[..., Any], first: Any, *further: Any) -> Any:
    return jax.tree.map(of, first, *further, is_leaf=_is_layer)


def _slot(own: dict[str, jax.Array]) -> dict[str, jax.Array]:
    if "scale" in own:
        return {name: jnp.zeros_like(own[name]) for name in ("scale", "shift")}
    *times, columns = own["bias"].shape
    rows = own["weight"].size // own["bias"].size
    square = lambda size: jnp.zeros((*times, size, size), own["weight"].dtype)
    return {"inputs": square(rows + 1), "outputs": square(columns)}


def _inverted(own: dict[str, jax.Array], damping: Any) -> dict[str, jax.Array]:
    """The inverses of a layer's damped factors; of squares, one over them."""
    if "scale" in own:
        return {name: 1 / (each + damping) for name, each in own.items()}
    means = [
        jnp.trace(m, axis1=-2, axis2=-1) / m.shape[-1] for m in (own["inputs"], own["outputs"])
    ]
    ratio = means[0] / jnp.maximum(means[1], jnp.finfo(means[1].dtype).tiny)
    balance = jnp.clip(jnp.sqrt(ratio), LEAST, MOST)[..., None, None]
    root = jnp.sqrt(damping)
    return {
        name: inverse(own[name] + scale * root * jnp.eye(own[name].shape[-1]))
        for name, scale in (("inputs", balance), ("outputs", 1 / balance))
    }


def _preconditioned(own: dict[str, jax.Array], by: dict[str, jax.Array]) -> dict[str, jax.Array]:
    if "scale" in own:
        return {name: own[name] * by[name] for name in own}
    weight, bias = own["weight"], own["bias"][..., None, :]
    flat = weight.reshape(*bias.shape[:-2], -1, bias.shape[-1])
    product = by["inputs"] @ jnp.concatenate([flat, bias], -2) @ by["outputs"]
    return {"weight": product[..., :-1, :].reshape(weight.shape), "bias": product[..., -1, :]}


def inverse(matrix: jax.Array) -> jax.Array:
    """The inverse of symmetric positive definite matrices (…, n, n), by Gauss and Jordan.

    No pivot is needed for these. It is one loop of products for however many matrices there are:
    of LAPACK's decompositions several at once, in a loop, may wait for each other for ever.

    >>> inverse(jnp.array([[2.0, 1.0], [1.0, 1.0]]))
    Array([[ 1., -1.],
           [-1.,  2.]], dtype=float32)
    """
    one = jnp.eye(matrix.shape[-1], dtype=matrix.dtype)

    def sweep(at: jax.Array, matrix: jax.Array) -> jax.Array:
        unit = jax.lax.dynamic_index_in_dim(one, at, 0, keepdims=False)
        row = jax.lax.dynamic_index_in_dim(matrix, at, -2, keepdims=False)
        column = jax.lax.dynamic_index_in_dim(matrix, at, -1, keepdims=False)
        pivot = jnp.sum(row * unit, -1, keepdims=True)
        return matrix - (column - unit)[..., :, None] * ((row + unit) / pivot)[..., None, :]

    return jax.lax.fori_loop(0, matrix.shape[-1], sweep, matrix)
