"""A loss and its parameters as somebody has them, made ready for curvature.

Parameters are split into the numbers that are trained and what is held; the loss is traced as it
is now, with all that it reads; the numbers are widened, since an eigenvalue is not to be had in
half precision.
"""

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.flatten_util import ravel_pytree

from curvkit.core import frameworks, messages, parts, programs, tree


class Posed(NamedTuple):
    """What is differentiated, and at which point.

    Attributes:
        numbers: the trained arrays, all of one precision, float32 or better.
        held: the arrays of the parameters that are not trained.
        shape: how both lie within the parameters.
        traced: the functions, as they are now, of the numbers; most often the loss alone.
    """

    numbers: list[jax.Array]
    held: list[Any]
    shape: parts.TreeShape
    traced: tuple[programs.Traced, ...]

    @property
    def size(self) -> int:
        """How many numbers are trained."""
        return sum(each.size for each in self.numbers)

    def within(self, name: str, pytree: Any, axes: int = 0) -> list[jax.Array]:
        """The trained numbers of a pytree like the parameters, with so many leading axes.

        Raises:
            ValueError: if it has not the structure and the shapes of the parameters.
        """
        leaves, structure = jax.tree.flatten(frameworks.opened(pytree)[0])
        alike = parts.same_structure(structure, self.shape) and len(leaves) == len(self.shape.kinds)
        kinds = self.shape.kinds if alike else ()
        numbers = [leaf for leaf, kind in zip(leaves, kinds, strict=False) if kind == parts.NUMBER]
        if [jnp.shape(each)[axes:] for each in numbers] != [each.shape for each in self.numbers]:
            wanted = jax.tree.map(np.shape, self.like_params(self.numbers))
            shapes = jax.tree.map(lambda each: np.shape(each)[axes:], pytree)
            raise ValueError(
                messages.refusal(name, f"shaped like params, {messages.shown(wanted)}", shapes)
            )
        return [jnp.asarray(each, self.numbers[0].dtype) for each in numbers]

    def like_params(self, numbers: Sequence[jax.Array], axes: int = 0) -> Any:
        """A pytree like the parameters with these numbers, which have so many leading axes, and
        zeros where nothing is trained.
        """
        return self.shape.like(list(numbers), self.held, axes)

    def run(self, body: Callable[..., Any], *arguments: Any, **statics: Any) -> Any:
        """`body(*functions, numbers, *arguments, **statics)`, compiled once for all like it."""
        return programs.run(body, self.traced, (self.numbers, *arguments), **statics)


def posed(loss: Callable[..., jax.Array], params: Any, args: Sequence[Any] = ()) -> Posed:
    """The problem of `loss(params, *args)`, as it is now.

    Args:
        loss: a scalar function.
        params: any pytree, or a model; of what `parts.split` says.
        args: what the loss gets beside them: pytrees of arrays, and anything that is no array.

    Raises:
        ValueError: in one sentence, if nothing in `params` can be trained, if the loss does not
            take what it is given, or returns anything but one real number.

    >>> problem = posed(lambda p, x: jnp.sum(p["w"] * x), {"w": jnp.ones(2)}, (jnp.ones(2),))
    >>> problem.size, problem.run(lambda loss, numbers: 2 * loss(numbers))
    (2, Array(4., dtype=float32))
    """
    numbers, held, shape = trainable(params)
    traced = read(loss, numbers, held, shape, args, "loss")
    require_scalar(traced, "loss", args)
    return Posed(numbers, held, shape, (traced,))


def trainable(params: Any, some: bool = True) -> tuple[list[jax.Array], list[Any], parts.TreeShape]:
    """The numbers that are trained, in one precision, with what is held and how both lie.

    Args:
        params: as in `posed`.
        some: whether arrays without a number are refused, too.

    Raises:
        ValueError: if there are none.
    """
    numbers, held, shape = parts.split(params)
    if some and numbers and not sum(each.size for each in numbers):
        shapes = frameworks.Unquoted(f"arrays of shapes {[each.shape for each in numbers]}")
        raise ValueError(messages.refusal("params", "at least one number to train", shapes))
    if not numbers:
        tree.require_floats("params", params)
        advice = "give trainable arrays of floats"
        raise ValueError(
            messages.refusal("params", "a model with something to train", params, advice)
        )
    wide = jnp.float64 if any(each.dtype == jnp.float64 for each in numbers) else jnp.float32
    return [each.astype(wide) for each in numbers], held, shape


def read(
    function: Callable[..., Any], numbers: list[Any], held: list[Any], shape: parts.TreeShape,
    args: Sequence[Any], name: str,
) -> programs.Traced:  # fmt: skip
    """`function(params, *args)` traced as a function of the numbers.

    Raises:
        ValueError: if it does not take what it is given.
    """
    leaves, structure = jax.tree.flatten(tuple(args))
    arrays = [array(each, name) for each in leaves if is_array(each)]

    def called(numbers: Any, held: Any, arrays: Any):
        remaining = iter(arrays)
        filled = [next(remaining) if is_array(each) else each for each in leaves]
        return function(shape.join(numbers, held), *jax.tree.unflatten(structure, filled))

    try:
        return programs.Traced(called, (numbers, held, arrays), free=len(numbers))
    except Exception as error:
        raise refused(error, name, args) from error


def refused(error: Exception, name: str, args: Sequence[Any]) -> Exception:
    """What is said of a function that raises `error` where it is called."""
    reason = str(error).strip().split("\n")[0] or type(error).__name__
    called = f"{name}({', '.join(['params', *['…'] * len(args)])})"
    advice = f"call it as {name}(params, *args) is called in training"
    return ValueError(f"{called} raises {type(error).__name__} ({reason[:160]}); {advice}.")


def require_scalar(traced: programs.Traced, name: str, args: Sequence[Any] = ()) -> None:
    """Raises ValueError where a traced function returns anything but one real number."""
    asked = f"{name}({', '.join(['params', *['…'] * len(args)])})"
    if len(traced.out) == 1 and traced.out[0].shape == ():
        if jnp.issubdtype(traced.out[0].dtype, jnp.floating):
            return
    returned = ", ".join(f"{each.dtype} of shape {each.shape}" for each in traced.out) or "nothing"
    advice = "return one real number, as by jnp.mean over the examples, and no auxiliary values"
    raise ValueError(
        messages.refusal(asked, "a real scalar", frameworks.Unquoted(returned), advice)
    )


def by_place(
    function: Callable[..., Any], params: Any, args: Sequence[Any], k: int
) -> tuple[Any, int]:
    """What a loss gets beside its parameters, and k, which may stand there where it takes nothing.

    >>> by_place(lambda params: params, 1.0, (3,), 1), by_place(lambda p, x: p, 1.0, (3,), 1)
    (((), 3), ((3,), 1))
    """
    if len(args) == 1 and isinstance(args[0], int | np.integer):
        try:
            inspect.signature(function).bind(params, *args)
        except TypeError:
            return (), int(args[0])
        except ValueError:  # it has no signature
            pass
    return tuple(args), k


def is_array(value: Any) -> bool:
    """Whether a leaf of what a loss gets is handed over; all else is part of the program."""
    return hasattr(value, "__array__") or isinstance(value, jax.Array)


def array(value: Any, name: str) -> Any:
    """What a loss gets as an array: a data frame or a tensor of another library is read as one.

    Raises:
        ValueError: in a sentence that begins with `name`, if there are no numbers in it.

    >>> array([1, 2], "loss")
    array([1, 2])
    """
    if isinstance(value, jax.Array):
        return value
    numbers = np.asarray(value)
    if numbers.dtype == object or numbers.dtype.kind in "USMm":
        advice = "give numbers, as by numpy.asarray(...)"
        kind = f"{type(value).__name__} of {numbers.dtype}"
        raise ValueError(
            messages.refusal(f"what {name} gets", "arrays", frameworks.Unquoted(kind), advice)
        )
    return numbers


# -- of a function of lists of arrays, within a program ------------------------------------------


def product(function: Any, at: Any, along: Any) -> Any:
    """The Hessian of a scalar function at `at` times `along`.

    Forward over reverse (Pearlmutter 1994); where a part has a rule for the backward pass alone,
    reverse over reverse, which is the same, as the Hessian is symmetric.
    """
    if getattr(function, "reverse_only", False):
        return jax.vjp(jax.grad(function), at)[1](along)[0]
    return jax.jvp(jax.grad(function), (at,), (along,))[1]


class Flat(NamedTuple):
    """A function of a list of arrays as one of a vector.

    Attributes:
        vector: shape (P,), the point.
        unravel: from a vector to the list.
        scale: a power of two near the size of value and gradient, by which all is divided, so that
            losses in any unit are alike.
        value: the loss, undivided; gradient, shape (P,), divided.
    """

    vector: jax.Array
    unravel: Callable[..., Any]
    scale: jax.Array
    value: jax.Array
    gradient: jax.Array
    function: Any

    def product(self, along: jax.Array) -> jax.Array:
        """The Hessian, divided by the scale, times a vector."""
        return ravel_pytree(product(self.divided, self.unravel(self.vector), self.unravel(along)))[
            0
        ]

    @property
    def divided(self) -> Any:
        """The loss over the scale, of the list."""
        return Divided(self.function, self.scale)


class Divided:
    """A loss over a number; how it can be differentiated is told on."""

    def __init__(self, function: Any, scale: jax.Array):
        self._function, self._scale = function, scale
        self.reverse_only = getattr(function, "reverse_only", False)

    def __call__(self, *arguments: Any) -> jax.Array:
        """The value."""
        value = self._function(*arguments)
        # Widened first: in half precision the loss over its unit may be out of range.
        return value.astype(self._scale.dtype) / self._scale


def flat(function: Any, numbers: list[jax.Array]) -> Flat:
    """The function at `numbers` with its value, its gradient and its scale."""
    vector, unravel = ravel_pytree(numbers)
    value, gradient = jax.value_and_grad(function)(numbers)
    gradient = ravel_pytree(gradient)[0]
    scale = power_of_two(
        jnp.maximum(jnp.abs(value).astype(vector.dtype), jnp.max(jnp.abs(gradient)))
    )
    return Flat(vector, unravel, scale, value, gradient / scale, function)


def power_of_two(size: jax.Array) -> jax.Array:
    """The power of two below a positive number, within what can be inverted; else 1.

    >>> power_of_two(jnp.array([5.0, 0.25, 0.0, jnp.inf]))
    Array([4.  , 0.25, 1.  , 1.  ], dtype=float32)
    """
    most = jnp.finfo(size.dtype).maxexp - 2
    exponent = jnp.clip(jnp.frexp(size)[1] - 1, -most, most)
    return jnp.where(jnp.isfinite(size) & (size > 0), jnp.ldexp(jnp.ones_like(size), exponent), 1)
