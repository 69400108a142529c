"""Any framework's model is watched, and what is read is the dense Hessian's."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close
from oracles import dense
from oracles.frameworks import MODELS, plain

import curvkit
from curvkit.curvature import _davidson as davidson
from curvkit.watching import _parts as parts


def matrix(model):
    """The dense Hessian of a model's trained numbers."""
    numbers, held, shape = parts.split(model.params)
    return dense.hessian(lambda n: model.loss(shape.join(n, held), model.batch), numbers)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_eigenvalues_and_alignment_are_the_dense_hessians(name):
    model = MODELS[name]()
    watcher = curvkit.watch(model.loss, learning_rate=0.1, every=1, k=2, budget=None, num_hvps=20)
    watcher.observe(model.params, batch=model.batch)
    hessian = matrix(model)
    values, vectors = np.linalg.eigh(hessian)
    assert_close(watcher.trace.eigenvalues[0], values[::-1][:2], rtol=1e-3)
    numbers, held, shape = parts.split(model.params)
    grads = jax.grad(lambda n: model.loss(shape.join(n, held), model.batch))(numbers)
    flat = np.concatenate([np.ravel(each) for each in grads])
    assert_close(watcher.trace.gradient_norm[0], np.linalg.norm(flat), rtol=1e-4)
    share = (vectors[:, -1] @ flat) ** 2 / (flat @ flat)
    assert_close(watcher.trace.alignment[0], share, atol=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["plain", "nnx", "equinox"])
def test_under_adam_it_is_the_preconditioned_hessian(name):
    model = MODELS[name]()
    numbers, held, shape = parts.split(model.params)
    method = optax.chain(optax.clip(1e3), optax.adam(3e-3, b1=0.8, b2=0.95, eps=1e-6))
    state = method.init(numbers)
    gradient = jax.grad(lambda n: model.loss(shape.join(n, held), model.batch))
    for _ in range(3):
        updates, state = method.update(gradient(numbers), state, numbers)
        numbers = optax.apply_updates(numbers, updates)
    watcher = curvkit.watch(
        model.loss, rule="adam", learning_rate=3e-3, every=1, budget=None, num_hvps=20,
        momentum=0.8, second_moment_decay=0.95, epsilon=1e-6,
    )  # fmt: skip
    watcher.observe(shape.join(numbers, held), state, 3, model.batch)
    moments = np.concatenate([np.ravel(each) for each in state[1][0].nu]) / (1 - 0.95**3)
    scale = ((1 - 0.8**3) * (np.sqrt(moments) + 1e-6)) ** -0.5
    hessian = dense.hessian(lambda n: model.loss(shape.join(n, held), model.batch), numbers)
    expected = np.linalg.eigvalsh(scale[:, None] * hessian * scale)[-1]
    assert_close(watcher.trace.sharpness[0], expected, rtol=2e-3)
    assert_close(watcher.trace.critical[0], (2 + 2 * 0.8) / (1 - 0.8), rtol=1e-6)


@pytest.mark.slow
def test_a_large_model_is_read_with_few_vectors_and_as_well(monkeypatch):
    monkeypatch.setattr(davidson, "LARGE", 10)
    model = plain()
    watcher = curvkit.watch(
        model.loss, learning_rate=0.1, every=1, k=2, budget=None, num_hvps=30, per_layer=True
    )
    params = model.params
    for step in range(3):
        watcher.observe(params, step=step, batch=model.batch)
        params = jax.tree.map(lambda each: each * 0.99, params)
    assert watcher._seen.pairs.recent is None
    values = np.linalg.eigvalsh(matrix(model))
    assert_close(watcher.trace.eigenvalues[0], values[::-1][:2], rtol=2e-3)
    # From the vectors of the reading before a few products do.
    assert watcher.trace.products[0] > watcher.trace.products[2] <= 8


@pytest.mark.slow
def test_each_layer_is_named_and_read():
    model = plain()
    watcher = curvkit.watch(model.loss, learning_rate=0.1, per_layer=True, budget=None, num_hvps=20)
    watcher.observe(model.params, batch=model.batch)
    hessian = matrix(model)
    leaves = jax.tree.leaves(model.params)
    owner = np.concatenate([np.full(leaf.size, at // 2) for at, leaf in enumerate(leaves)])
    assert watcher.trace.layer_names == ["hidden", "out"]
    for layer in (0, 1):
        block = hessian[owner == layer][:, owner == layer]
        expected = np.linalg.eigvalsh(block)[-1]
        assert_close(watcher.trace.layers[0, layer], expected, rtol=2e-3)


@pytest.mark.slow
def test_half_precision_weights_are_watched_in_single_precision():
    model = plain()
    model.params = jax.tree.map(lambda each: each.astype(jnp.bfloat16), model.params)
    wide = jax.tree.map(lambda each: each.astype(jnp.float32), model.params)
    found = []
    for params in (model.params, wide):
        seen = []

        def loss(params, batch, seen=seen):
            seen += [leaf.dtype for leaf in jax.tree.leaves(params)]
            wide = jax.tree.map(lambda each: each.astype(jnp.float32), params)
            return model.loss(wide, batch)

        watcher = curvkit.watch(loss, learning_rate=0.1, budget=None)
        watcher.observe(params, batch=model.batch)
        found.append(watcher.trace.sharpness[0])
        assert set(seen) == {jax.tree.leaves(params)[0].dtype}
    # The loss is of the weights as they are; only its derivatives pass through eight bits.
    assert_close(found[0], found[1], rtol=0.03)


@pytest.mark.slow
def test_what_is_said_not_to_be_trained_is_held():
    model = plain()
    only = lambda params: {"hidden": False, "out": True}
    watcher = curvkit.watch(model.loss, learning_rate=0.1, trained=only, budget=None)
    watcher.observe(model.params, batch=model.batch)
    hessian = matrix(model)[2 * 5 :, 2 * 5 :]
    assert_close(watcher.trace.sharpness[0], np.linalg.eigvalsh(hessian)[-1], rtol=1e-3)


def test_parts_are_put_together_as_they_were():
    tree = {"w": jnp.ones(2, jnp.bfloat16), "n": jnp.array(3), "f": jnp.tanh, "x": np.ones(3)}
    numbers, held, shape = parts.split(tree)
    again = shape.join(numbers, held)
    assert [each.dtype for each in numbers] == [jnp.float32, jnp.asarray(np.ones(3)).dtype]
    assert again["f"] is jnp.tanh and int(again["n"]) == 3 and again["w"].dtype == jnp.bfloat16
    assert shape == parts.split(tree)[2] and hash(shape) == hash(parts.split(tree)[2])


def test_a_mask_that_fits_nothing_is_refused():
    with pytest.raises(ValueError, match="trained must be a pytree of booleans"):
        parts.split({"w": jnp.ones(2)}, {"v": True})
    with pytest.raises(ValueError, match="trained must be of floating-point arrays only"):
        parts.split({"w": jnp.ones(2), "n": jnp.array(1)}, True)
