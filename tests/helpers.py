"""What tests of every floor need: a count of compilations, precision, and where arrays differ."""

import contextlib
from collections.abc import Callable, Iterator

import jax
import numpy as np

_seen = {"compilations": 0}


def _listen(event: str, seconds: float, **details) -> None:
    _seen["compilations"] += event == "/jax/core/compile/backend_compile_duration"


# One listener for the whole session: taking one away again is no public function in jax 0.7.
jax.monitoring.register_event_duration_secs_listener(_listen)


@contextlib.contextmanager
def compilations() -> Iterator[Callable[[], int]]:
    """Counts what XLA compiles inside the block, eager operations included; call to read it."""
    before = _seen["compilations"]
    yield lambda: _seen["compilations"] - before


def float64():
    """A block in which arrays are of double precision, in every jax from 0.7 on."""
    switch = getattr(jax, "enable_x64", None)
    if switch is None:
        from jax.experimental import enable_x64 as switch
    return switch(True)


def same_bits(one: np.ndarray, other: np.ndarray) -> bool:
    """Whether two arrays have the same type, shape and bits, nan and the sign of zero included."""
    one, other = np.asarray(one), np.asarray(other)
    same_form = (one.dtype, one.shape) == (other.dtype, other.shape)
    return same_form and one.tobytes() == other.tobytes()


def assert_close(got, expected, *, rtol: float = 0.0, atol: float = 0.0, what: str = "") -> None:
    """Asserts that |got − expected| ≤ atol + rtol |expected|, or says where it is not."""
    got, expected = np.asarray(got, float), np.asarray(expected, float)
    assert got.shape == expected.shape, f"{what}: shape {got.shape}, expected {expected.shape}"
    apart = np.abs(got - expected)
    with np.errstate(invalid="ignore"):
        wrong = ~((apart <= atol + rtol * np.abs(expected)) | (got == expected))
    wrong &= ~(np.isnan(got) & np.isnan(expected))
    if wrong.any():
        raise AssertionError(_report(got, expected, apart, wrong, rtol, atol, what))


def _report(got, expected, apart, wrong, rtol, atol, what):
    places = np.argwhere(wrong)
    lines = [f"{what or 'arrays'}: {len(places)} of {wrong.size} differ (rtol {rtol}, atol {atol})"]
    for at in map(tuple, places[:5]):
        ratio = got[at] / expected[at] if expected[at] else float("nan")
        place = tuple(int(i) for i in at)
        lines.append(f"  at {place}: {got[at]:.8g} for {expected[at]:.8g}, ratio {ratio:.8g}")
    lines.append(f"  largest difference {np.nanmax(apart):.3g}")
    for name, values in (("got", got), ("expected", expected)):
        lines.append(f"  {name} from {np.nanmin(values):.6g} to {np.nanmax(values):.6g}")
    return "\n".join(lines)
