"""What holds for all tests: the same examples each time, no hurry, and failures that explain."""

import collections
import ctypes
import gc
import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from curvkit.environment import CACHE, brisk

# What asserts for tests says as much as a test does.
pytest.register_assert_rewrite("notebook_runner", "contract", "helpers")


QUICK = ("--xla_backend_optimization_level=0", "--xla_cpu_parallel_codegen_split_count=1")


def pytest_configure(config):
    """Keeps what is compiled, for this run's other programs and for the next run.

    Set before JAX is imported, here and in every notebook that a test starts.
    """
    folder = config.rootpath / ".pytest_cache" / "jax"
    # What is compiled in an instant, too: it is read in half the time, and met again in other
    # files, workers and kernels.
    least = {"JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0"}
    # A run within a run, as of a clone, keeps what it compiles where the other does.
    os.environ.update(brisk({**least, CACHE: str(folder), **os.environ}))
    # Compiling is most of the time that short runs take: a quarter less without LLVM's passes, and
    # a fifth less again where a program is not cut into parts for threads that there are not.
    # Where in a file an operation is from is told by what is traced, too; written into each
    # program it takes as long as a twentieth of all that is traced and compiled.
    # A full run compiles as a user's program does.
    quick = "not full" in config.option.markexpr
    # Compiling and a busy machine make times say nothing; failures must be the same for everybody.
    settings.register_profile(
        "house",
        derandomize=True,
        deadline=None,
        print_blob=False,
        max_examples=30 if quick else 100,
    )
    settings.load_profile("house")
    if quick:
        # A thread of linear algebra that waits for others turns round and round, and there are as
        # many workers as cores: where eigenvalues are compared, that was half of the time.
        for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = " ".join([flags, *QUICK]).strip()
        os.environ.setdefault("JAX_TRACEBACK_IN_LOCATIONS_LIMIT", "0")


@pytest.fixture(scope="module")
def browser():
    """A Chromium for the tests of a file."""
    from browsers import chromium

    with chromium() as opened:
        yield opened


def covering(grid):
    """Tests of a grid that meet every value of every parameter, at least `times` (1) each."""
    times = grid[0].get_closest_marker("grid").kwargs.get("times", 1)
    met, chosen = collections.Counter(), []
    named = lambda item: [(name, repr(value)) for name, value in item.callspec.params.items()]
    values = {item: named(item) for item in grid}
    while True:
        new = lambda item: sum(met[value] < times for value in values[item])
        used = lambda item: sum(met[value] for value in values[item])
        left = [item for item in grid if item not in chosen and new(item)]
        if not left:
            return chosen
        # Of those that meet as much that is new, the one whose values were met least often.
        chosen.append(max(left, key=lambda item: (new(item), -used(item))))
        met.update(values[chosen[-1]])


# By so much (bytes) a process may grow before the programs compiled for earlier files are dropped.
GROWTH = 0.2e9
_held = {}


@pytest.hookimpl(wrapper=True)
def pytest_collection(session):
    """Nothing of what is collected is garbage: looking for some takes a fifth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()


def pytest_collection_finish(session):
    """What modules of tests compile as they are read is dropped: it would be kept to the end."""
    release()
    # Thousands of tests stay to the end: whoever looks for garbage need not look through them.
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """Drops compiled programs between files where they take much memory."""
    if nextitem is None or nextitem.path == item.path or "jax" not in sys.modules:
        return
    if resident() - _held["bytes"] > GROWTH:
        release()


def release():
    """Drops compiled programs, and gives the memory that they leave free back to the system."""
    if "jax" in sys.modules:
        sys.modules["jax"].clear_caches()
    gc.collect()
    # glibc keeps freed pages, which other systems' allocators do not.
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform == "linux" else None
    if trim:
        trim(0)
    _held["bytes"] = resident()


def resident():
    """Bytes of memory that this process holds now; 0 where the system does not tell."""
    try:
        with open("/proc/self/statm") as told:
            return int(told.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Marks `full` what a grid leaves out, and `slow` what is `full` or is noted in `slow.txt`."""
    grids = {}
    for item in items:
        if item.get_closest_marker("grid") and not item.get_closest_marker("full"):
            grids.setdefault((item.parent, item.originalname), []).append(item)
    for grid in grids.values():
        chosen = covering(grid)
        for item in grid:
            if item not in chosen:
                item.add_marker("full")
    noted = set((Path(__file__).parent / "slow.txt").read_text(encoding="utf-8").splitlines())
    for item in items:
        if item.get_closest_marker("full") or item.nodeid.partition("[")[0] in noted:
            item.add_marker("slow")
