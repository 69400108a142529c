"""Old module names: importable for this version with a warning, from one table and no stub files.

The finder stands last in `sys.meta_path`, so it is asked only for what does not exist.
"""

import importlib
import sys
import warnings
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, cast

# By package, the modules that are private now: `name` became `_name`.
PRIVATE = {
    "curvkit.curvature": (
        "blocks chunks cover davidson edges gauss_newton krylov lanczos links network norms "
        "operator optimizers primitives rules spectrum states thresholds"
    ),
    "curvkit.distillation": "aliased control field noise process sampled symmetry variants",
    "curvkit.distillation.grid": "learning worlds",
    "curvkit.kernels": (
        "activations architecture breaks finite gauss initializers limits maps moments networks "
        "ntk rectifiers shaping solve starts targets written"
    ),
    "curvkit.kernels.race": "network",
    "curvkit.minima": (
        "balls blind calculus certificate claims examples problems proofs_exact proofs_logistic "
        "proofs_smooth rationals search steps table training"
    ),
    "curvkit.minima.basin": "plane",
    "curvkit.selection": (
        "comparison contest datasets design estimator examples greedy groups inputs kernel "
        "practice problems recovery rivals simulations validated"
    ),
    "curvkit.selection.odds": "cells study",
    "curvkit.sobolev": "comparison ends functions line loss points policy scaling synthetic",
    "curvkit.tuners": "bases cdat choices edge leaves line rivals searches tuner",
    "curvkit.tuners.model": "balance",
    "curvkit.verification": (
        "bounds cells certify checks digits exponentials networks one_box pendulum quadratic "
        "semidefinite specifications study training verdict"
    ),
    "curvkit.verification.shapes": "planes",
    "curvkit.watching": "live measure optimizer pace parts watch watcher",
}
MOVED = {
    f"{package}.{old}": f"{package}._{old}"
    for package, names in PRIVATE.items()
    for old in names.split()
}
MOVED |= {
    f"curvkit.show.{name}": f"curvkit.draw.{name}"
    for name in ("theme", "sketch", "config", "patience")
}
MOVED |= {
    "curvkit.report.make": "curvkit.report.run",
    "curvkit.rooms": "curvkit._rooms",
    "curvkit.sweep.whole": "curvkit.sweep.run",
}


class _Alias(ModuleType):
    """An old module; where a function took its name, it can be called as that function is."""

    def __call__(self, *args, **kwargs):
        home = importlib.import_module(MOVED[self.__name__])
        return getattr(home, self.__name__.rpartition(".")[2])(*args, **kwargs)


class _Finder:
    create_module = staticmethod(lambda spec: _Alias(spec.name))

    def find_spec(self, name, path=None, target=None):
        # A loader by what it has, as importlib wants it: `importlib.abc` would take time to import.
        return ModuleSpec(name, cast(Any, self)) if name in MOVED else None

    def exec_module(self, module: ModuleType) -> None:
        old, new = module.__name__, MOVED[module.__name__]
        home = importlib.import_module(new)
        private = new.rpartition(".")[2].startswith("_")
        advice = f"import the name from {old.rpartition('.')[0]}" if private else f"use {new}"
        message = f"{old} has moved and goes in the next version; {advice}."
        warnings.warn(message, DeprecationWarning, stacklevel=2)  # importlib's frames do not count
        vars(module).update(__getattr__=lambda name: getattr(home, name), __doc__=home.__doc__)


def attribute(package: str, name: str) -> ModuleType:
    """The module that was `name` of the package, with a warning.

    Raises:
        AttributeError: as Python words it, where there was none.
    """
    if f"{package}.{name}" not in MOVED:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return importlib.import_module(f"{package}.{name}")


def install() -> None:
    """Puts the finder last, once."""
    if not any(isinstance(each, _Finder) for each in sys.meta_path):
        sys.meta_path.append(_Finder())
