"""Networks and boxes as a verifier reads them."""

import jax
import numpy as np
import pytest

from curvkit.verification import box, network, side_by_side
from curvkit.verification._networks import outputs, sizes

RANDOM = np.random.default_rng(0)
LAYERS = network([(RANDOM.normal(size=(4, 3)), np.ones(4)), "relu",
                  (RANDOM.normal(size=(2, 4)), np.zeros(2))])  # fmt: skip


def test_copies_side_by_side_compute_what_each_computes_alone():
    twice = side_by_side(LAYERS, 2)
    x = RANDOM.normal(size=6)
    apart = np.concatenate([outputs(LAYERS, x[:3]), outputs(LAYERS, x[3:])])
    assert sizes(twice) == (6, 4)
    # Zeros are added in another order: float32 rounding alone.
    np.testing.assert_allclose(outputs(twice, x), apart, rtol=1e-5)


def test_a_network_is_a_pytree_of_its_numbers_and_checked_only_once():
    leaves, form = jax.tree.flatten(LAYERS)
    assert [each.shape for each in leaves] == [(4, 3), (4,), (2, 4), (2,)]
    assert jax.tree.unflatten(form, leaves)[1] == "relu"
    assert network(LAYERS) is LAYERS


@pytest.mark.parametrize(
    "layers, said",
    [
        ([], "begins"),
        ([3], "int"),
        ([(np.ones((2, 3)), np.ones(3))], "bias"),
        ([(np.ones((2, 3)), np.ones(2)), (np.ones((2, 3)), np.ones(2))], "columns"),
        ([(np.full((1, 1), np.nan), np.ones(1))], "finite"),
        ([(np.ones((1, 1), complex), np.ones(1))], "real numbers, but 'complex128'"),
        ([(np.full((1, 1), 2**60 + 1), np.ones(1))], "float64 holds exactly"),
        ([([[1.0], [1.0, 2.0]], np.ones(2))], "rows of one length"),
        ([(None, np.ones(2))], "real numbers"),
        ("weights.npz", "load a file"),
        (3, "a list of pairs"),
    ],
)
def test_what_is_no_network_is_refused_in_one_sentence(layers, said):
    with pytest.raises(ValueError, match=said) as refused:
        network(layers)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_a_box_with_a_number_that_is_not_finite_is_refused():
    with pytest.raises(ValueError, match="finite"):
        box([0.0], [np.inf])


def test_a_layer_may_have_no_bias():
    assert network([(np.ones((2, 1)), None)])[0].bias.tolist() == [0, 0]


@pytest.mark.parametrize("dtype", [jax.numpy.bfloat16, np.float16, np.int8, np.uint64])
def test_numbers_of_fewer_bits_are_promoted_exactly(dtype):
    weight = np.array([[0.1, 3]]).astype(dtype)
    assert network([(weight, None)])[0].weight.tolist() == weight.astype(float).tolist()


def test_weights_in_float32_are_promoted_exactly():
    weight = np.array([[0.1]], np.float32)
    assert network([(weight, np.zeros(1, np.float32))])[0].weight[0, 0] == float(weight[0, 0])
