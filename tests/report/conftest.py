"""A browser for the tests that look at pages."""

import pytest
from browsers import chromium


@pytest.fixture
def browser():
    """A Chromium for one test: while it is open, no notebook can be run beside it."""
    with chromium() as opened:
        yield opened
