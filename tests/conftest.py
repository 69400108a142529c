"""What holds for all tests: the same examples each time, no hurry, and failures that explain."""

import pytest
from hypothesis import settings

# What asserts for tests says as much as a test does.
pytest.register_assert_rewrite("contract", "helpers")

# Compiling and a busy machine make times say nothing; failures must be the same for everybody.
settings.register_profile("house", derandomize=True, deadline=None, print_blob=False)
settings.load_profile("house")
