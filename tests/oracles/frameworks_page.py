"""The page on frameworks: its blocks, and for each a value that is made without curvkit."""

import contextlib
import copy
import importlib.util
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import scipy.sparse.linalg
from oracles import dense

PAGE = Path(__file__).resolve().parents[2] / "docs" / "frameworks.md"


class Block(NamedTuple):
    """A program of the page.

    Attributes:
        title: of its section, with a number where a section has several.
        code: the program.
        printed: what stands under it.
        needs: the packages that it imports.
    """

    title: str
    code: str
    printed: str
    needs: tuple[str, ...]

    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [name for name in self.needs if importlib.util.find_spec(name) is None]

    def run(self) -> tuple[dict[str, Any], str]:
        """The names it makes, and what it prints."""
        names, out = {"__name__": "__main__"}, io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(self.code, PAGE.name, "exec"), names)
        return names, out.getvalue()


def blocks() -> dict[str, Block]:
    """All programs of the page, by title."""
    found: dict[str, Block] = {}
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]:
        heading = section.split("\n")[0].strip()
        programs = re.findall(r"```python\n(.*?)```\n(?:```text\n(.*?)```)?", section, flags=re.S)
        for number, (code, printed) in enumerate(programs, 1):
            title = heading if number == 1 else f"{heading} ({number})"
            needs = re.findall(r"^(?:import|from) (\w+)", code, flags=re.M)
            found[title] = Block(title, code, printed, tuple(dict.fromkeys(needs)))
    return found


def largest(matrix: np.ndarray) -> float:
    return float(np.linalg.eigvalsh(matrix)[-1])


# What each block's value should be, from the names that the block makes


def nnx(names: dict) -> float:
    from flax import nnx as flax

    graph, params, rest = flax.split(names["model"], flax.Param, ...)
    merged = lambda params: flax.clone(flax.merge(graph, params, rest))
    return largest(
        dense.hessian(lambda p: names["loss"](merged(p), names["x"], names["y"]), params)
    )


def linen(names: dict) -> float:
    variables = names["variables"]
    whole = lambda params: {**variables, "params": params}
    loss = lambda params: names["loss"](whole(params), names["x"], names["y"])
    return largest(dense.hessian(loss, variables["params"]))


def equinox(names: dict) -> float:
    import equinox as eqx

    params, rest = eqx.partition(names["model"], eqx.is_inexact_array)
    given = names["state"], names["x"], names["y"]
    return largest(dense.hessian(lambda p: names["loss"](eqx.combine(p, rest), *given), params))


def haiku(names: dict) -> float:
    given = names["state"], names["x"], names["y"]
    return largest(dense.hessian(lambda p: names["loss"](p, *given), names["params"]))


def keras(names: dict) -> float:
    given = names["rest"], names["x"], names["y"]
    return largest(dense.hessian(lambda w: names["loss"](w, *given), names["weights"]))


def torch(names: dict) -> float:
    """By `eigsh` on products of PyTorch's own, in double precision."""
    import torch as pytorch

    model = copy.deepcopy(names["model"]).double()
    x, y = (pytorch.tensor(np.asarray(names[each]), dtype=pytorch.float64) for each in "xy")
    weights = list(model.parameters())
    flat = lambda arrays: pytorch.cat([each.ravel() for each in arrays])
    loss = ((model(x) - y) ** 2).mean()
    gradient = flat(pytorch.autograd.grad(loss, weights, create_graph=True))

    def product(v):
        v = pytorch.tensor(v.ravel())
        return flat(pytorch.autograd.grad(gradient, weights, v, retain_graph=True)).numpy()

    size = gradient.numel()
    operator = scipy.sparse.linalg.LinearOperator((size, size), product, dtype=np.float64)
    start = np.random.default_rng(0).normal(size=size)
    found = scipy.sparse.linalg.eigsh(operator, 1, which="LA", v0=start, return_eigenvectors=False)
    return float(found[0])


def path(names: dict) -> float:
    """Of the second difference with fixed ends: 2 − 2 cos(π n / (n + 1))."""
    return 2 - 2 * np.cos(np.pi * 50 / 51)


REFERENCES: dict[str, tuple[Callable[[dict], float], str]] = {
    "Flax NNX": (nnx, "dense Hessian"),
    "Flax Linen": (linen, "dense Hessian"),
    "Equinox": (equinox, "dense Hessian"),
    "Haiku": (haiku, "dense Hessian"),
    "Keras 3": (keras, "dense Hessian"),
    "PyTorch": (torch, "eigsh, products in torch"),
    "PyTorch (2)": (torch, "eigsh, products in torch"),
    "Anything else": (path, "in closed form"),
}


def value(names: dict) -> float:
    """What a block has read by curvkit."""
    if "sharpness" in names:
        return float(names["sharpness"])
    if "pairs" in names:
        return float(names["pairs"].values[0])
    return float(names["operator"].sharpness(key=jax.random.key(0)))
