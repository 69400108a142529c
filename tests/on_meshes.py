"""Run by `test_border.py` on four forced devices: every reader, on Auto and on Explicit meshes."""

import contextlib
import sys

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from test_border import READERS, Case

KINDS = {"Auto": AxisType.Auto, "Explicit": AxisType.Explicit}
PARAMS = {"v": jnp.ones(8), "w": jnp.ones(8)}
BATCH = {"v": jnp.array([1.0, 2, 3, 4, 5, 6, 1, 1]), "w": jnp.array([1.0, 1, 1, 2, 1, 1, 1, 1])}
# Of sums over all sixteen numbers; the rest is as without a mesh.
RIGHT = {
    "hvp": [*BATCH["v"], *BATCH["w"]], "gauss_newton_product": [*BATCH["v"], *BATCH["w"]],
    "block_sharpness": [6.0, 2.0], "hessian_trace": 32.0, "spectral_density": 32 / 16,
}  # fmt: skip

# With --quick only these are also read where the mesh is set.
WITHIN = {"hvp", "sharpness"}


def model(params, batch):
    return jax.tree.map(lambda w, x: jax.nn.relu(jnp.sqrt(x) * w), params, batch)


def criterion(outputs, batch):
    return 0.5 * sum(jnp.sum(each**2) for each in outputs.values())


def layouts(mesh):
    """Parameters and batch, each sharded or whole on each device."""
    put = lambda each, *axes: jax.device_put(each, NamedSharding(mesh, PartitionSpec(*axes)))
    sharded = lambda pytree: jax.tree.map(lambda each: put(each, "x"), pytree)
    whole = lambda pytree: jax.tree.map(put, pytree)
    yield "both sharded", sharded(PARAMS), sharded(BATCH)
    yield "batch sharded", whole(PARAMS), sharded(BATCH)
    yield "whole", whole(PARAMS), whole(BATCH)


def main():
    assert len(jax.devices()) == 4
    wrong, quick = [], "--quick" in sys.argv
    for kind, axis in KINDS.items():
        if quick and kind == "Auto":
            continue
        mesh = jax.make_mesh((4,), ("x",), axis_types=(axis,))
        for layout, params, batch in layouts(mesh):
            if quick and layout != "both sharded":
                continue
            for name, (read, plain) in READERS.items():
                for around in ("",) if quick and name not in WITHIN else ("", "within set_mesh"):
                    case = Case(params, (batch,), model, criterion)
                    try:
                        with jax.set_mesh(mesh) if around else contextlib.nullcontext():
                            found = np.asarray(read(case))
                        np.testing.assert_allclose(found, RIGHT.get(name, plain), rtol=1e-4)
                    except Exception as error:
                        told = f"{type(error).__name__} {str(error).strip()[:300]}"
                        wrong.append(f"{kind}, {layout}, {name} {around}: {told}")
    sys.stdout.write("\n".join(wrong) + "\n")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
