"""Parameters in three parts: what is trained by default in whose models, and what is refused."""

from types import MappingProxyType, SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from helpers import assert_close

from curvkit.core import parts
from curvkit.curvature._blocks import layers as layers_of

FEW = jnp.linspace(-1.0, 1.0, 6)[:, None]


def paths(tree):
    """The paths of the trained leaves of a pytree without modules of NNX."""
    kinds = parts.split(tree)[2].kinds
    named = jax.tree_util.tree_leaves_with_path(tree)
    kept = zip(named, kinds, strict=True)
    return [jax.tree_util.keystr(path) for (path, _), kind in kept if kind == parts.NUMBER]


def gradient(loss, params, *args):
    """The gradient of a loss of the whole by the trained numbers, compiled."""
    numbers, held, shape = parts.split(params)
    of = lambda numbers, held: loss(shape.join(numbers, held), *args)
    return jax.jit(jax.grad(of))(numbers, held)


# Leaves of every kind


def test_parts_are_put_together_as_they_were():
    tree = {"w": jnp.ones(2, jnp.bfloat16), "n": jnp.array(3), "f": jnp.tanh, "x": np.ones(3)}
    tree |= {"none": None, "scale": 2.0, "flag": True, "zero": jnp.array(1.5), "name": "relu"}
    numbers, held, shape = parts.split(tree)
    again = shape.join(numbers, held)
    assert {each.dtype for each in numbers} == {jnp.dtype(jnp.float32)}
    assert again["w"].dtype == jnp.bfloat16 and again["f"] is jnp.tanh and again["none"] is None
    assert again["flag"] is True and again["name"] == "relu" and int(again["n"]) == 3
    assert float(again["scale"]) == 2 and again["zero"].shape == ()
    assert paths(tree) == ["['scale']", "['w']", "['x']", "['zero']"]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float8_e4m3fn"])
def test_narrow_numbers_are_widened_and_narrow_again_in_the_loss(dtype):
    numbers, held, shape = parts.split([jnp.ones(2, dtype)])
    assert numbers[0].dtype == jnp.float32 and shape.join(numbers, held)[0].dtype == dtype


def test_double_precision_is_kept_where_it_is_on():
    from curvkit.core.tree import float64

    with float64():
        numbers, held, shape = parts.split({"w": np.ones(2)})
        assert numbers[0].dtype == shape.join(numbers, held)["w"].dtype == np.float64


def test_keys_and_what_has_no_derivative_are_held():
    nothing = np.zeros(2, jax.dtypes.float0)
    tree = [jax.random.key(0), jax.random.PRNGKey(0), np.int64(2), 3, nothing, np.bool_(True)]
    numbers, held, shape = parts.split(tree)
    assert not numbers and len(held) == 5
    again = shape.join(numbers, held)
    assert again[4] is nothing and again[0] is tree[0]
    same = [np.zeros(2, jax.dtypes.float0) if each is nothing else each for each in tree]
    assert parts.split(same)[2] == shape


def test_one_tree_made_twice_is_of_one_shape_and_another_is_not():
    made = lambda **more: parts.split({"w": jnp.ones(2), "f": jnp.tanh, **more})[2]
    assert made(n=1) == made(n=2) and hash(made(n=1)) == hash(made(n=2))
    assert made(name="a") != made(name="b") and made(on=True) != made(on=False)
    assert made(f=jnp.tanh) != made(f=jnp.sin)
    assert made(w=jnp.ones(2, jnp.bfloat16)) != made()


class Odd:
    """Equal to others as an array is, and without a hash."""

    __hash__ = None

    def __eq__(self, other):
        return np.ones(2) == 1


def test_what_cannot_be_hashed_or_compared_is_taken_by_identity():
    odd = Odd()
    shape = parts.split([jnp.ones(1), odd])[2]
    assert shape == parts.split([jnp.ones(1), odd])[2] and shape != parts.split([1.0, Odd()])[2]
    assert isinstance(hash(shape), int)


jax.tree_util.register_pytree_node(
    SimpleNamespace, lambda each: ((each.w,), each.about), lambda about, w: SimpleNamespace(w=w[0])
)


def test_a_container_that_cannot_be_hashed_is_taken_by_identity():
    tree = SimpleNamespace(w=jnp.ones(2), about=np.ones(3))
    numbers, held, shape = parts.split(tree)
    assert isinstance(hash(shape), int) and shape == shape
    assert shape.join(numbers, held).w.shape == (2,)


def test_results_go_back_to_where_their_numbers_were():
    tree = {"f": jnp.tanh, "key": jax.random.key(0), "n": jnp.array([1, 2]), "w": jnp.ones((2, 3))}
    numbers, held, shape = parts.split(tree)
    whole = shape.like([jnp.ones((4, 2, 3))], held, axes=1)
    assert whole["f"] is jnp.tanh and whole["key"] is tree["key"]
    assert whole["w"].shape == (4, 2, 3) and whole["n"].shape == (4, 2)
    assert whole["n"].dtype == tree["n"].dtype and not whole["n"].any()
    plain = shape.like(jax.tree.map(jnp.zeros_like, numbers), held)
    assert jax.tree.structure(plain) == jax.tree.structure(tree)


# What is said to be trained


def test_a_mask_decides_over_the_default():
    tree = {"w": jnp.ones(2), "rest": {"b": 1.0, "n": jnp.array(1)}}
    numbers, held, _ = parts.split(tree, {"w": True, "rest": False})
    assert len(numbers) == 1 and len(held) == 2
    assert not parts.split(tree, lambda tree: False)[0]
    for name in ("w", "rest.b"):
        numbers, held, _ = parts.split(tree, name)
        assert len(numbers) == 1 and len(held) == 2


def test_a_mask_that_fits_nothing_is_refused():
    with pytest.raises(ValueError, match="trained must be a pytree of booleans"):
        parts.split({"w": jnp.ones(2)}, {"v": True})
    with pytest.raises(ValueError, match="There is no leaf of params 'v'"):
        parts.split({"w": jnp.ones(2)}, "v")
    with pytest.raises(ValueError, match="trained must be of floating-point arrays only"):
        parts.split({"w": jnp.ones(2), "n": jnp.array(1)}, True)


# What is refused, and what is made an array


class Hiding:
    def __init__(self):
        self.w = jnp.ones(2)


@pytest.mark.parametrize(
    "tree, told",
    [
        ({"w": {1.0, 2.0}}, r"params\['w'\] must be an array.*a set was given; make a list of it"),
        ({"w": {"a": 1.0}.values()}, "make a list of it"),
        ([iter([1.0])], r"params\[0\] must be.*make a list"),
        ({"w": b"abc"}, "make a list of it"),
        ("weights", "params must be a pytree of arrays, but 'weights' was given"),
        ({"w": np.array(["a"])}, "must be an array of numbers, but an array of <U1 was given"),
        ({"w": np.array([None])}, r"params\['w'\] must be an array of numbers.*object"),
        ({"w": MappingProxyType({"a": jnp.ones(1)})}, "make a dict of it"),
        ({"w": Hiding()}, "register its class by jax.tree_util.register_dataclass"),
        ({"w": jnp.ones(2, complex)}, "params.*must be real, but complex64 was given; give the re"),
        (type("S", (), {"params": {}, "opt_state": ()})(), "give the params alone"),
    ],
)
def test_what_is_no_parameter_is_refused_in_a_sentence(tree, told):
    with pytest.raises(ValueError, match=told) as caught:
        parts.split(tree)
    assert "\n" not in str(caught.value) and str(caught.value).endswith(".")


def test_data_are_let_through_that_would_be_no_parameters():
    held = parts.split([jnp.ones(2, complex), Hiding()], False, name="batch")[1]
    assert len(held) == 1


class Foreign:
    """An array of somebody else's."""

    def __array__(self, dtype=None, copy=None):
        return np.arange(3.0)


def test_what_can_be_made_an_array_is_made_one():
    numbers, held, shape = parts.split({"x": Foreign(), "n": jnp.array(1)})
    assert numbers[0].shape == (3,)
    assert isinstance(shape.join(numbers, held)["x"], jax.Array)


def test_data_frames_are_arrays_where_they_hold_numbers():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})
    assert parts.split(frame, name="batch")[0][0].shape == (2, 2)
    assert parts.split(frame["a"], name="batch")[0][0].shape == (2,)
    with pytest.raises(ValueError, match="batch must be an array of numbers, but an array of obj"):
        parts.split(frame.assign(c=["x", "y"]), name="batch")


# Flax NNX


def nnx_net(tied=False):
    nnx = pytest.importorskip("flax.nnx")

    class Net(nnx.Module):
        def __init__(self, rngs):
            self.hidden = nnx.Linear(1, 4, rngs=rngs)
            self.norm = nnx.BatchNorm(4, rngs=rngs)
            self.drop = nnx.Dropout(0.3, rngs=rngs)
            self.out = nnx.Linear(4, 1, rngs=rngs)
            self.again = self.hidden if tied else None

        def __call__(self, x):
            x = self.out(self.drop(nnx.tanh(self.norm(self.hidden(x)))))
            return x if self.again is None else x + jnp.sum(self.again(x), 1, keepdims=True)

    return nnx, Net(nnx.Rngs(0))


def squared(model, x):
    return jnp.mean((model(x) - x**2) ** 2)


@pytest.mark.parametrize("tied", [False, True])
def test_a_module_of_nnx_is_changed_by_the_loss_and_its_gradient_is_nnxs(tied):
    nnx, model = nnx_net(tied)
    before = [np.asarray(each) for each in jax.tree.leaves(nnx.state(model, nnx.BatchStat))]
    found = gradient(squared, model, FEW)
    after = jax.tree.leaves(nnx.state(model, nnx.BatchStat))
    assert all((a == b).all() for a, b in zip(before, after, strict=True))
    expected = jax.tree.leaves(nnx.grad(squared)(model, FEW))
    assert len(found) == len(expected) == 6
    for one, other in zip(found, expected, strict=True):
        assert_close(one, other, rtol=1e-5, atol=1e-7)


def test_states_of_nnx_have_their_params_trained_only():
    nnx, model = nnx_net()
    assert paths(nnx.state(model)) == paths(nnx.state(model, nnx.Param))
    numbers, held, shape = parts.split(nnx.state(model))
    assert len(numbers) == 6 and len(held) == 4
    assert isinstance(shape.join(numbers, held), nnx.State)


def test_an_optimizer_of_nnx_is_no_model():
    nnx, model = nnx_net()
    optimizer = nnx.Optimizer(model, optax.adam(1e-3), wrt=nnx.Param)
    with pytest.raises(ValueError, match="params must be.*Optimizer was given; give the model al"):
        parts.split(optimizer)


def test_modules_of_nnx_are_found_within_containers_and_stay_tied_across_them():
    nnx, model = nnx_net()
    tree = {"scale": 2.0, "models": [model, model.hidden], "f": jnp.tanh}
    numbers, held, shape = parts.split(tree)
    assert len(numbers) == 7
    again = shape.join(numbers, held)
    assert again["models"][0].hidden is again["models"][1] and again["f"] is jnp.tanh
    assert shape == parts.split(tree)[2] and hash(shape) == hash(parts.split(tree)[2])


def test_layers_of_a_module_of_nnx_are_named_as_its_attributes():
    _, model = nnx_net()
    numbers, _, shape = parts.split(model)
    named = parts.layers(model, shape, layers_of)
    assert list(named) == ["hidden", "norm", "out"]
    sizes = {name: sum(numbers[at].size for at in places) for name, places in named.items()}
    assert sizes == {"hidden": 8, "norm": 8, "out": 5}


def test_a_class_of_variables_of_nnx_says_what_is_trained():
    nnx, model = nnx_net()
    numbers, held, _ = parts.split(model, nnx.BatchStat)
    assert len(numbers) == 2 and len(held) == 8


def test_results_of_a_module_of_nnx_are_a_module():
    nnx, model = nnx_net()
    numbers, held, shape = parts.split(model)
    whole = shape.like([jnp.stack([each, each]) for each in numbers], held, axes=1)
    assert whole.hidden.kernel.shape == (2, 1, 4) and whole.norm.mean.shape == (2, 4)
    again, _, _ = parts.split(whole)
    assert [each.shape[1:] for each in again] == [each.shape for each in numbers]


# Linen, Equinox, Haiku, Keras, PyTorch


def test_of_linens_collections_the_params_are_trained():
    nn = pytest.importorskip("flax.linen")

    class Net(nn.Module):
        @nn.compact
        def __call__(self, x):
            x = nn.BatchNorm(use_running_average=False)(nn.Dense(3)(x))
            return nn.Dense(1)(nn.tanh(x))

    variables = Net().init(jax.random.key(0), FEW)
    assert {path[:10] for path in paths(variables)} == {"['params']"}
    assert len(paths(variables)) == 6
    frozen = pytest.importorskip("flax.core").freeze(variables)
    assert len(paths(frozen)) == 6
    # A mapping of one's own that has arrays beside its params is no such thing.
    assert len(paths({"params": variables["params"], "scale": jnp.ones(1)})) == 7


def equinox_net():
    eqx = pytest.importorskip("equinox")

    class Net(eqx.Module):
        mlp: eqx.nn.MLP
        norm: eqx.nn.BatchNorm
        drop: eqx.nn.Dropout
        name: str = "net"
        times: int = 2

        def __init__(self, key):
            self.mlp = eqx.nn.MLP(1, 3, 4, 1, jnp.tanh, key=key)
            self.norm = eqx.nn.BatchNorm(3, "batch", mode="batch")
            self.drop = eqx.nn.Dropout(0.1, inference=True)

        def __call__(self, x, state):
            for _ in range(self.times):
                y, state = self.norm(self.mlp(x), state)
            return jnp.sum(self.drop(y)), state

    return eqx, Net


def test_an_equinox_module_is_taken_whole():
    eqx, net = equinox_net()
    model, state = eqx.nn.make_with_state(net)(jax.random.key(0))

    def loss(model, state, x):
        y, _ = jax.vmap(model, axis_name="batch", in_axes=(0, None), out_axes=(0, None))(x, state)
        return jnp.mean((y - x[:, 0] ** 2) ** 2)

    numbers, held, shape = parts.split(model)
    trained, _ = eqx.partition(model, eqx.is_inexact_array)
    assert len(numbers) == len(jax.tree.leaves(trained)) == 6 and shape == parts.split(model)[2]
    found = gradient(loss, model, state, FEW)
    expected = jax.tree.leaves(eqx.filter_grad(loss)(model, state, FEW))
    for one, other in zip(found, expected, strict=True):
        assert_close(one, other, rtol=1e-4, atol=1e-5)
    assert not parts.split(state)[0]


def test_what_equinox_keeps_for_its_state_is_held():
    _, net = equinox_net()
    assert len(parts.split(net(jax.random.key(0)))[0]) == 6


def test_of_haikus_params_with_their_state_the_params_are_trained():
    hk = pytest.importorskip("haiku")

    def net(x):
        return hk.Linear(1)(hk.BatchNorm(True, True, 0.9)(hk.Linear(3)(x), is_training=True))

    both = hk.transform_with_state(net).init(jax.random.key(0), FEW)
    assert len(parts.split(both)[0]) == len(jax.tree.leaves(both[0]))
    assert len(parts.split((both[0], both[0]))[0]) == 2 * len(jax.tree.leaves(both[0]))


@pytest.fixture
def keras(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    return pytest.importorskip("keras")


def test_keras_variables_are_arrays_to_the_loss(keras):
    model = keras.Sequential([keras.layers.Dense(3), keras.layers.BatchNormalization()])
    model.build((None, 1))
    numbers, held, shape = parts.split(model.variables)
    assert len(numbers) == len(model.trainable_variables)
    assert all(isinstance(each, jax.Array) for each in shape.join(numbers, held))
    with pytest.raises(ValueError, match=r"\[v.value for v in model.trainable_variables\]"):
        parts.split(model)


def test_pytorch_is_told_two_ways_in():
    torch = pytest.importorskip("torch")
    model = torch.nn.Linear(2, 1)
    for params in (model, dict(model.named_parameters()), [torch.ones(2)]):
        with pytest.raises(ValueError, match="torch2jax.t2j, or give.*curvature.of_operator"):
            parts.split(params)
    with pytest.raises(ValueError, match="a generator was given; make a list"):
        parts.split(model.parameters())
    assert parts.split(torch.ones(2), name="batch")[0][0].shape == (2,)
