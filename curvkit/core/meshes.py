"""Arrays on a mesh whose axes are Explicit, which `jax.make_mesh` makes by default.

There each operation has to say how its result lies. A loss of somebody's does; the search of
eigenvectors, which knows nothing of the mesh, does not. So the loss is traced as it is, what it
says of the mesh is taken out of the trace, and the program runs with axes that XLA looks after.
"""

from collections.abc import Callable, Sequence
from typing import Any

import jax
from jax.extend import core
from jax.sharding import NamedSharding, PartitionSpec

from curvkit.core import fingerprint

# Operations that say how an array lies, and nothing else.
PLACED = ("reshard", "sharding_constraint", "mesh_cast")
SETTINGS = ("sharding", "out_sharding")


def explicit(*pytrees: Any) -> Any:
    """The mesh with Explicit axes on which arrays lie, or None.

    >>> explicit({"w": jax.numpy.ones(3)}) is None
    True
    """
    for leaf in jax.tree.leaves(pytrees):
        mesh = _of(getattr(leaf, "aval", leaf))
        if mesh is not None:
            # The one with the devices where there is one, else the one of what is traced.
            concrete = getattr(getattr(leaf, "sharding", None), "mesh", None)
            return concrete if isinstance(leaf, jax.Array) and concrete is not None else mesh
    return None


def _of(aval: Any) -> Any:
    mesh = getattr(getattr(aval, "sharding", None), "mesh", None)
    kinds = getattr(mesh, "axis_types", None) or ()
    return mesh if any(str(kind).endswith("Explicit") for kind in kinds) else None


def automatic(function: Callable[..., Any], mesh: Any) -> Callable[..., Any]:
    """`function` of pytrees of arrays, with all axes of the mesh looked after by XLA.

    What it returns lies whole on each device.
    """
    if mesh is None:
        return function
    lies = NamedSharding(mesh, PartitionSpec())
    return jax.sharding.auto_axes(function, axes=mesh.axis_names, out_sharding=lies)


def without(closed: Any) -> Any:
    """A traced program that says nothing of an Explicit mesh, or itself where it does not."""
    atoms = (*closed.jaxpr.constvars, *closed.jaxpr.invars)
    if all(_of(each.aval) is None for each in atoms):
        return closed
    shapes = [jax.ShapeDtypeStruct(each.aval.shape, each.aval.dtype) for each in atoms]
    count = len(closed.jaxpr.constvars)
    with _no_mesh():
        program = jax.make_jaxpr(lambda *given: _done(closed.jaxpr, given))(*shapes)
    # What was read stays what is read.
    jaxpr = program.jaxpr.replace(
        constvars=[*program.jaxpr.constvars, *program.jaxpr.invars[:count]],
        invars=program.jaxpr.invars[count:],
        debug_info=closed.jaxpr.debug_info,
    )
    return core.ClosedJaxpr(jaxpr, [*program.consts, *closed.consts])


def _no_mesh():
    return jax.sharding.use_abstract_mesh(jax.sharding.AbstractMesh((), (), axis_types=()))


def _done(jaxpr: Any, given: Sequence[Any]) -> list[Any]:
    """A program's results, each operation done without a word of the mesh."""
    known = dict(zip((*jaxpr.constvars, *jaxpr.invars), given, strict=True))
    read = lambda atom: atom.val if isinstance(atom, core.Literal) else known[atom]
    for eqn in jaxpr.eqns:
        inputs = [read(atom) for atom in eqn.invars]
        known.update(zip(eqn.outvars, _one(eqn, inputs), strict=True))
    return [read(each) for each in jaxpr.outvars]


def _one(eqn: Any, inputs: Sequence[Any]) -> Sequence[Any]:
    name = eqn.primitive.name
    if name in PLACED:
        return inputs
    if name in ("jit", "pjit"):
        closed = eqn.params["jaxpr"]
        return _done(closed.jaxpr, [*closed.consts, *inputs])
    if name.startswith(("custom_jvp_call", "custom_vjp_call")):
        return _with_rule(eqn, name.startswith("custom_vjp_call"))(*inputs)
    params = {
        key: None if key in SETTINGS and isinstance(value, NamedSharding) else _plain(value)
        for key, value in eqn.params.items()
    }
    bind = eqn.primitive.get_bind_params(params)
    functions, params = bind if isinstance(bind, tuple) else ((), bind)
    outs = eqn.primitive.bind(*functions, *inputs, **params)
    return outs if eqn.primitive.multiple_results else [outs]


def _plain(value: Any) -> Any:
    """A setting of an operation, with the programs in it without a mesh."""
    if isinstance(value, tuple) and any(isinstance(e, core.ClosedJaxpr) for e in value):
        return tuple(map(_plain, value))
    if isinstance(value, core.ClosedJaxpr):
        return without(value)
    if isinstance(value, core.Jaxpr):
        return without(core.ClosedJaxpr(value, [])).jaxpr
    return value


def _with_rule(eqn: Any, backward: bool) -> Callable[..., Any]:
    """A function with a rule of its own for its derivative, and the rule, without a mesh.

    JAX keeps the rule as it was traced on the mesh; so the derivative is traced there, and what it
    says of the mesh is taken out.
    """
    (closed,) = (each for each in eqn.params.values() if isinstance(each, core.ClosedJaxpr))
    plain = lambda *inputs: _done(closed.jaxpr, [*closed.consts, *inputs])
    place = lambda atom: jax.ShapeDtypeStruct(
        atom.aval.shape, atom.aval.dtype, sharding=atom.aval.sharding
    )
    ins, outs = ([place(atom) for atom in atoms] for atoms in (eqn.invars, eqn.outvars))
    call = lambda *inputs: fingerprint.done(eqn, inputs)

    def ruled(derivative: Any, *shapes: Any):
        return without(jax.make_jaxpr(derivative)(*shapes))

    if backward:
        function = jax.custom_vjp(plain)
        pulled = lambda inputs, bent: jax.vjp(call, *inputs)[1](bent)

        def back(inputs: Any, bent: Any):
            rule = ruled(pulled, ins, outs)
            return tuple(_done(rule.jaxpr, [*rule.consts, *inputs, *bent]))

        function.defvjp(lambda *inputs: (plain(*inputs), inputs), back)
        return function
    function = jax.custom_jvp(plain)
    pushed = lambda inputs, along: jax.jvp(call, inputs, along)

    @function.defjvp
    def rule(inputs: Any, along: Any):
        rule = ruled(pushed, ins, ins)
        values = _done(rule.jaxpr, [*rule.consts, *inputs, *along])
        return values[: len(outs)], values[len(outs) :]

    return function
