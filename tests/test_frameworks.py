"""The page on frameworks: its code runs, prints what it says, and its values are right."""

import re
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from helpers import assert_close
from oracles import dense, frameworks_page

ROOT = Path(__file__).resolve().parent.parent
BLOCKS = frameworks_page.blocks()
NUMBER = r"[-+]?\d+\.?\d*(?:e[-+]?\d+)?"
# Models begin elsewhere with other versions of their frameworks, as those at the floors.
LOCKED = jax.__version_info__ >= (0, 10)


def ran(title):
    block = BLOCKS[title]
    if block.missing():
        pytest.skip(f"{', '.join(block.missing())} is not installed")
    return block, *block.run()


@pytest.mark.slow
@pytest.mark.parametrize("title", frameworks_page.REFERENCES)
def test_a_value_is_that_of_a_reference_made_without_curvkit(title, monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    block, names, printed = ran(title)
    reference = frameworks_page.REFERENCES[title][0](names)
    # Single precision; the eigenvalue itself is converged to much less.
    assert_close(frameworks_page.value(names), reference, rtol=2e-5)
    prints_what_it_says(block, printed)


@pytest.mark.slow
def test_cdat_in_an_nnx_optimizer_takes_the_rate_of_its_formula():
    block, names, printed = ran("Flax NNX (2)")
    prints_what_it_says(block, printed)
    from flax import nnx

    model, x, y = names["Net"](nnx.Rngs(0)), names["x"], names["y"]
    graph, params, rest = nnx.split(nnx.clone(model), nnx.Param, ...)
    loss = lambda params: names["loss"](nnx.clone(nnx.merge(graph, params, rest)), x, y)
    hessian = dense.hessian(loss, params)
    gradient = np.concatenate([np.ravel(g) for g in jax.tree.leaves(jax.grad(loss)(params))])
    optimizer = nnx.Optimizer(model, names["optimizer"].tx, wrt=nnx.Param)
    before = [np.asarray(each) for each in jax.tree.leaves(params)]
    names["step"](model, optimizer, x, y)
    (found,) = jax.tree.leaves(nnx.state(optimizer)["opt_state"]["learning_rate"])
    after = jax.tree.leaves(nnx.state(model, nnx.Param))
    moved = np.concatenate([np.ravel(a - b) for a, b in zip(after, before, strict=True)])
    direction = moved / float(found)
    # Adam's first direction is the sign, where the gradient is more than rounding: before a batch
    # norm a bias has none.
    clear = np.abs(gradient) > 1e-4
    assert clear.sum() > 40
    assert_close(direction[clear], -np.sign(gradient[clear]), rtol=1e-3)
    rate = 2 * -(gradient @ direction) / (direction @ hessian @ direction)
    assert_close(found, rate, rtol=1e-3)


def prints_what_it_says(block, printed):
    """What is printed is what the page says, to the digits that are stable between machines."""
    assert re.sub(NUMBER, "#", printed) == re.sub(NUMBER, "#", block.printed)
    if LOCKED:
        got, said = (np.array(re.findall(NUMBER, text), float) for text in (printed, block.printed))
        assert_close(got, said, rtol=1e-2, what=block.title)


def test_every_block_says_what_it_prints_and_is_compared():
    assert all(block.printed for block in BLOCKS.values())
    assert set(BLOCKS) - set(frameworks_page.REFERENCES) == {"Flax NNX (2)"}


def test_the_page_is_found_and_its_links_lead_somewhere():
    assert "docs/frameworks.md" in (ROOT / "README.md").read_text(encoding="utf-8")
    for link in re.findall(r"\]\(((?!https:)[^)#]+)\)", frameworks_page.PAGE.read_text("utf-8")):
        assert (frameworks_page.PAGE.parent / link).exists(), link


def test_an_operator_of_a_loss_reads_what_the_loss_reads():
    from curvkit import curvature

    loss = lambda w: jnp.sum(jnp.cosh(w) * jnp.arange(1.0, 5.0))
    params = jnp.linspace(-1.0, 1.0, 4)
    operator = curvature.of_operator(lambda v: curvature.hvp(loss, params, v), 4)
    key = jax.random.key(0)
    assert_close(operator.sharpness(key=key), curvature.sharpness(loss, params, key=key), rtol=1e-5)
