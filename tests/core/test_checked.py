"""A room whose functions do not fit together is told so by room, function and field."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Float, Int

from curvkit.core.knob import BaseSettings, knob
from curvkit.core.stream import Stream
from curvkit.core.trace import Record, series


class Settings(BaseSettings):
    """A toy."""

    steps: int = knob(default=3, low=1, high=9, sentence="How many steps are taken.", source="none")


class Trace(Record):
    """What the toy records."""

    step: Int[np.ndarray, " reading"] = series("Steps.")
    loss: Float[np.ndarray, "reading seed"] = series("The loss.")
    end: Float[np.ndarray, ""] = series("How it ended.")


class State(NamedTuple):
    params: jax.Array
    step: jax.Array


def row(state, **changed):
    return {"step": state.step, "loss": state.params} | changed


def on(state, **changed):
    return State(state.params * 0.5, state.step + 1)._replace(**changed)


PARTS = dict(
    begin=lambda settings, key: State(jnp.ones(3), jnp.zeros((), int)),
    reading=lambda settings, state: (on(state), row(state)),
    finished=lambda settings, state: state.step > settings.steps,
    last=lambda settings, state: {"end": jnp.sum(state.params)},
)


def made(**changed):
    length = lambda settings: settings.steps + 1
    return Stream("toy", trace=Trace, length=length, **{**PARTS, **changed})


def test_what_fits_together_runs():
    trace = made().run(Settings())
    assert trace.readings == 4 and trace.loss.shape == (4, 3) and trace.end == pytest.approx(3 / 16)


@pytest.mark.parametrize(
    "changed, said",
    [
        (dict(begin=lambda settings: 0), "toy: begin must take (settings, key), but it takes"),
        (dict(reading=lambda state: 0), "toy: reading must take (settings, state), but it takes"),
        (dict(finished=lambda: 0), "toy: finished must take (settings, state), but it takes ()."),
        (dict(last=lambda a, b, c: {}), "toy: last must take (settings, state), but it takes"),
        (dict(reading=lambda _, s: row(s)), "toy: reading must return (state, row), with a dict"),
        (dict(reading=lambda _, s: (on(s), row(s, losses=s.params))),
         "toy: reading returns what its Trace does not have. There is no series 'losses'; did"),
        (dict(reading=lambda _, s: (on(s), {"step": s.step})),
         "toy: neither reading nor last returns loss, which its Trace has."),
        (dict(reading=lambda _, s: (on(s), row(s, loss=s.params[0]))),
         "toy: reading must return loss of shape (seed), but it returns shape ()."),
        (dict(reading=lambda _, s: (on(s), row(s, step=s.params[0]))),
         "toy: reading must return step of type int8"),
        (dict(reading=lambda _, s: (on(s), row(s, end=s.params[0]))),
         "toy: reading returns end, which has no axis reading in its Trace ()"),
        (dict(reading=lambda _, s: (on(s, params=s.params[:2]), row(s))),
         "toy: reading must keep state.params of shape (3,) as it was, but it returns (2,)."),
        (dict(reading=lambda _, s: ((s.params, s.step), row(s))),
         "toy: reading must return a state built as the one it was given."),
        (dict(finished=lambda _, s: s.params), "toy: finished must return one boolean, but it"),
        (dict(last=lambda _, s: {"end": s.params}),
         "toy: last must return end as one number, but it returns shape (3,)."),
        (dict(last=lambda _, s: {"ends": s.step}), "toy: last returns what its Trace does not"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_by_room_function_and_field(changed, said):
    with pytest.raises((TypeError, ValueError)) as refused:
        made(**changed).run(Settings())
    assert str(refused.value).startswith(said), str(refused.value)
