"""Runs what `curvkit.browser` makes, by wasmtime: no browser is needed."""

import ctypes
from typing import Any

import jax
import numpy as np
import wasmtime

from curvkit.browser import compiler
from curvkit.browser.module import Module, Place
from curvkit.browser.program import Program
from curvkit.browser.values import ElementType


class Machine:
    """A module in memory; its functions are called by name."""

    ENGINE: wasmtime.Engine | None = None

    def __init__(self, module: bytes):
        if Machine.ENGINE is None:
            Machine.ENGINE = wasmtime.Engine()
        self.store = wasmtime.Store(Machine.ENGINE)
        linker, code = wasmtime.Linker(Machine.ENGINE), wasmtime.Module(Machine.ENGINE, module)
        linker.define_wasi()
        self.store.set_wasi(wasmtime.WasiConfig())
        self.exports = linker.instantiate(self.store, code).exports(self.store)
        if "_initialize" in self.exports:
            self.exports["_initialize"](self.store)

    def call(self, name: str, *given: Any) -> Any:
        return self.exports[name](self.store, *given)

    def view(self, place: Place) -> np.ndarray:
        """The numbers at a place, to read and to write."""
        memory, address = self.exports["memory"], self.call("place", place.number)
        start = ctypes.addressof(memory.data_ptr(self.store).contents) + address
        count = int(np.prod(place.shape, dtype=int))
        raw = (ctypes.c_char * max(count * place.kind.numpy.itemsize, 1)).from_address(start)
        return np.frombuffer(raw, place.kind.numpy, count).reshape(place.shape)


def called(function: Any, *given: Any, rules: Any = None) -> list[np.ndarray]:
    """The results of a function of arrays, translated and run."""
    return Together([(function, given)], rules=rules).run(0)


class Together:
    """Many functions with their arguments, compiled as one module; `rules` are of all of them, or
    a list of those of each.
    """

    def __init__(self, cases: list[tuple[Any, Any]], rules: Any = None):
        module = Module(rules) if isinstance(rules, dict) else Module()
        self.given, self.places, self.shapes = [], [], []
        for at, (function, given) in enumerate(cases):
            flat, tree = jax.tree.flatten(given)
            jaxpr, shape = jax.make_jaxpr(
                lambda *leaves, f=function, t=tree: f(*jax.tree.unflatten(t, leaves)),
                return_shape=True,
            )(*flat)
            if isinstance(rules, list):
                module.rules = rules[at]
            inputs = module.arrays(jaxpr.in_avals)
            outputs = module.function(f"run{at}", jaxpr, inputs)
            self.given.append(flat)
            self.places.append(
                ([module.place(x) for x in inputs], [module.place(x) for x in outputs])
            )
            self.shapes.append(jax.tree.leaves(shape))
        self.met, self.text = module.met, module.text()
        self.machine = Machine(compiler.compiled(self.text))

    def run(self, at: int) -> list[np.ndarray]:
        """The results of one of them, as flat leaves."""
        inputs, outputs = self.places[at]
        for place, value in zip(inputs, self.given[at], strict=True):
            if isinstance(value, jax.Array) and jax.dtypes.issubdtype(
                value.dtype, jax.dtypes.prng_key
            ):
                value = jax.random.key_data(value)
            self.machine.view(place)[...] = value
        self.machine.call(f"run{at}")
        return [self.machine.view(place).copy() for place in outputs]


class Run:
    """A run of a translated stream, made as a page makes it."""

    def __init__(self, program: Program):
        self.told, self.machine = program.layout, Machine(compiler.compiled(program.text))
        self.at(self.told["key"])[...] = np.array(self.told["key"]["value"], np.uint32)
        self.turn(**{each["name"]: each["value"] for each in self.told["knobs"]})

    def at(self, told: dict[str, Any]) -> np.ndarray:
        dtype = np.dtype(told["dtype"])
        return self.machine.view(Place(told["at"], _kinds[dtype.name], tuple(told["shape"])))

    def turn(self, **knobs: float) -> None:
        for each in self.told["knobs"]:
            if each["name"] in knobs:
                self.at(each)[...] = knobs[each["name"]]

    def begin(self) -> dict[str, np.ndarray]:
        self.machine.call("begin")
        return self.fixed()

    def fixed(self) -> dict[str, np.ndarray]:
        self.machine.call("fix")
        return {each["name"]: self.at(each).copy() for each in self.told["fixed"]}

    def advance(self, count: int) -> tuple[dict[str, np.ndarray], bool]:
        """Up to `count` rows, and whether the run has ended."""
        self.at(self.told["count"])[...] = min(count, self.told["capacity"])
        self.machine.call("advance")
        made = int(self.at(self.told["made"]))
        rows = {each["name"]: self.at(each)[:made].copy() for each in self.told["rows"]}
        return rows, bool(self.at(self.told["ended"]))

    def whole(self) -> dict[str, np.ndarray]:
        """All rows of a run from its start, with what is fixed at its end."""
        self.begin()
        parts, ended = [], False
        while not ended:
            rows, ended = self.advance(512)
            parts.append(rows)
        return {k: np.concatenate([each[k] for each in parts]) for k in parts[0]} | self.fixed()


_kinds = {kind.numpy.name: kind for kind in map(ElementType, "FDILUMSTCA")}
