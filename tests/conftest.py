"""What holds for all tests: the same examples each time, no hurry, and failures that explain."""

import os

import pytest
from hypothesis import settings

from curvkit.environment import CACHE, brisk

# What asserts for tests says as much as a test does.
pytest.register_assert_rewrite("claims", "contract", "helpers")


def pytest_configure(config):
    """Keeps what is compiled, for this run's other programs and for the next run.

    Set before JAX is imported, here and in every notebook that a test starts.
    """
    folder = config.rootpath / ".pytest_cache" / "jax"
    os.environ.update(brisk({**os.environ, CACHE: str(folder)}))
    # Compiling is most of the time that short runs take: a quarter less without LLVM's passes.
    # A full run compiles as a user's program does.
    if "not full" in config.option.markexpr:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_backend_optimization_level=0".strip()


# Compiling and a busy machine make times say nothing; failures must be the same for everybody.
settings.register_profile("house", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("house")


def pytest_collection_modifyitems(items):
    """What runs a notebook at full settings is slow, too: `-m "not slow"` leaves it out."""
    for item in items:
        if item.get_closest_marker("full"):
            item.add_marker(pytest.mark.slow)
