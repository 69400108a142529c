"""Which arrays a part of an optimizer acts on, whatever is hidden from it."""

import jax.numpy as jnp
import optax
import pytest
from oracles.edges import place

from curvkit.curvature._cover import Cover, Unlike, scalar

PARAMS = {"a": jnp.ones(2), "b": {"c": jnp.ones(3), "d": jnp.ones(4)}}
COVER = place(PARAMS)


@pytest.mark.parametrize(
    "mask, shown",
    [
        ({"a": True, "b": False}, [0]),
        ({"a": False, "b": True}, [1, 2]),
        ({"a": False, "b": {"c": True, "d": False}}, [1]),
        (lambda params: {"a": params["a"].ndim == 2, "b": True}, [1, 2]),
    ],
)
def test_what_a_mask_shows_is_covered_and_its_state_found(mask, shown):
    cover = COVER.shown(mask)
    assert cover.trained == shown
    state = optax.masked(optax.trace(0.9), mask).init(PARAMS).inner_state
    for each in (cover, COVER):  # the state tells by itself what is hidden from it
        held = each.held(trace=state.trace)
        found = {at: fields["trace"].shape for at, fields in held.items() if fields}
        assert found == {at: (2 + at,) for at in shown}


def test_a_state_of_other_arrays_is_refused_in_a_sentence():
    with pytest.raises(
        Unlike, match="second moments of 1 arrays and params has 3 that are trained"
    ):
        COVER.held(nu=jnp.ones(2))
    with pytest.raises(Unlike, match="or their shapes differ"):
        COVER.held(nu={"a": jnp.ones(5), "b": {"c": jnp.ones(3), "d": jnp.ones(4)}})
    with pytest.raises(Unlike, match="masks or labels other arrays"):
        COVER.shown({"z": True})


def test_what_is_not_trained_is_left_out():
    cover = Cover(PARAMS, {"a": -1, "b": {"c": 0, "d": -1}}, ((3,),))
    assert cover.trained == [0] and list(cover.held(nu=PARAMS)) == [0]
    assert COVER.only({2}).trained == [2]


def test_a_number_may_lie_in_a_box():
    assert scalar({"value": 3.0}) == scalar(3.0) == 3.0
