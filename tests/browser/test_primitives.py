"""Every primitive that has a rule, against JAX: values, shapes and dtypes, edge cases included."""

import jax
import numpy as np
import pytest
from wasm import Together

from browser.cases import CASES
from curvkit.browser.table import RULES


@pytest.fixture(scope="module")
def together():
    with jax.enable_x64(True):
        return Together([(function, given) for function, given, _, _ in CASES.values()])
