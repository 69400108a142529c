"""A dask client within the process, whose start takes no time, for all tests of sweeps."""

import warnings

import pytest

distributed = pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytest.importorskip("pyarrow", reason="the extra `cluster` is not installed")


@pytest.fixture(scope="session")
def client():
    """Return a client of one worker that is a thread."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        made = distributed.Client(
            processes=False, n_workers=1, threads_per_worker=1, dashboard_address="127.0.0.1:0"
        )
    yield made
    made.close()
