"""Old names of modules, classes and functions: there for this version with a warning, from tables
and no stub files.

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
        "blocks chunks cover davidson edges gauss_newton links network norms "
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
        "balls calculus certificate claims examples problems proofs_exact proofs_logistic "
        "proofs_smooth rationals search training"
    ),
    "curvkit.minima.basin": "plane",
    "curvkit.selection": (
        "comparison datasets design estimator examples greedy groups inputs kernel "
        "problems recovery rivals simulations validated"
    ),
    "curvkit.selection.odds": "cells study",
    "curvkit.sobolev": "comparison functions line loss points policy scaling synthetic",
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
# By the package that they went to, modules that have another name there, or another place.
ELSEWHERE = {
    "curvkit": {"curvkit.rooms": "_rooms"},
    "curvkit.core": {
        "curvkit.core.mixed": "x64",
        "curvkit.core.say": "messages",
        "curvkit.core.share": "statistics",
        "curvkit.core.swift": "imports",
    },
    "curvkit.curvature": {
        "curvkit.curvature.krylov": "_lanczos",
        "curvkit.curvature.lanczos": "_eigenpairs",
    },
    "curvkit.draw": {
        "curvkit.show.config": "config",
        "curvkit.show.patience": "pandas_race",
        "curvkit.show.sketch": "traces_only",
        "curvkit.show.theme": "theme",
    },
    "curvkit.host": {
        **{f"curvkit.report.{name}": name for name in ("files", "machine", "rooms", "stop")},
        "curvkit.report.record": "provenance",
    },
    "curvkit.minima": {
        "curvkit.minima.blind": "_dead_units",
        "curvkit.minima.steps": "_proof",
        "curvkit.minima.table": "_reproduction",
    },
    "curvkit.pages": {
        f"curvkit.report.{name}": name
        for name in (
            "cells index markup outputs page parameters pdf plot reading safe stills summary "
            "thumbnail"
        ).split()
    },
    "curvkit.report": {
        "curvkit.report.inside": "in_kernel",
        "curvkit.report.make": "run",
        "curvkit.report.variants": "precompute",
    },
    "curvkit.selection": {
        "curvkit.selection.contest": "_methods",
        "curvkit.selection.practice": "_real_data",
    },
    "curvkit.show": {"curvkit.show.button": "on_demand", "curvkit.show.told": "summary"},
    "curvkit.sobolev": {"curvkit.sobolev.ends": "_weight_sweep"},
    "curvkit.sweep": {
        "curvkit.sweep.drive": "submit",
        "curvkit.sweep.quiet": "worker_preload",
        "curvkit.sweep.whole": "run",
    },
}
MOVED |= {old: f"{to}.{new}" for to, pairs in ELSEWHERE.items() for old, new in pairs.items()}
# By package or module, what has another name in it now.
RENAMED = {
    "curvkit.draw.scene": {"Drawing": "SceneFunction", "Pace": "Tempo", "Plan": "Arrangement"},
    "curvkit.minima": {"Comparison": "SeedComparison"},
    "curvkit.show.summary": {"told": "markdown"},
    "curvkit.sobolev": {"Comparison": "WeightComparison"},
    "curvkit.verification": {"Affine": "AffineLayer"},
}


def _now(name: str, *places: str) -> str:
    """What a name that may be an old one of these places is called now."""
    return next((RENAMED[at][name] for at in places if name in RENAMED.get(at, {})), name)


class _Alias(ModuleType):
    """An old module; where a function took its name, it can be called as that function is."""

    def __call__(self, *args, **kwargs):
        home = importlib.import_module(MOVED[self.__name__])
        name = _now(self.__name__.rpartition(".")[2], home.__name__)
        return getattr(home, name)(*args, **kwargs)


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
        now = lambda name: getattr(home, _now(name, new, old.rpartition(".")[0]))
        vars(module).update(__getattr__=now, __doc__=home.__doc__)


def attribute(package: str, name: str) -> Any:
    """What was `name` of the package, a module or what has another name now, with a warning.

    Raises:
        AttributeError: as Python words it, where there was none.
    """
    new = _now(name, package)
    if new != name:
        message = f"{package}.{name} is called {new} now; the old name goes in the next version."
        warnings.warn(message, DeprecationWarning, stacklevel=2)
        return getattr(sys.modules[package], new)
    if f"{package}.{name}" not in MOVED:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return importlib.import_module(f"{package}.{name}")


def install() -> None:
    """Puts the finder last, once."""
    if not any(isinstance(each, _Finder) for each in sys.meta_path):
        sys.meta_path.append(_Finder())
