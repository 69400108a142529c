"""Fields as bytes: a header that says what lies where, and one buffer."""

import base64
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

# What a packed scene is called among the outputs of a notebook.
MIME = "application/vnd.curvkit.scene.v1+json"
# What two bytes tell apart; the number after them stands for what is not finite.
STEPS = 65534
# An error that no one sees: a thousandth of what most numbers of a field differ by.
UNSEEN = 1e-3
# And a share of the smaller of its numbers.
SMALL = 0.02


def packed(
    rows: Mapping[str, np.ndarray], fixed: Mapping[str, np.ndarray], *, exact: bool = False
) -> tuple[list[dict[str, Any]], bytes]:
    """Header and buffer.

    Args:
        rows: fields over time, by name; fixed: the others.
        exact: four bytes a number, as a live run sends them; else two where no one sees it.

    >>> packed({"x": np.array([0.0, 1.0])}, {}, exact=True)[0][0]["dtype"]
    'f4'
    """
    header, parts, offset = [], [], 0
    for time, fields in ((True, rows), (False, fixed)):
        for name, given in fields.items():
            with np.errstate(over="ignore"):  # beyond single precision is infinite
                values = np.ascontiguousarray(given, np.float32)
            entry: dict[str, Any] = {"name": name, "shape": list(values.shape), "time": time}
            entry["offset"] = offset
            raw = values.tobytes() if exact else _short(values, entry)
            if "dtype" not in entry:
                entry["dtype"], raw = "f4", values.tobytes()
            header.append(entry)
            parts.append(raw + b"\0" * (-len(raw) % 4))
            offset += len(parts[-1])
    return header, b"".join(parts)


def _short(values: np.ndarray, entry: dict[str, Any]) -> bytes:
    """Two bytes a number where that is enough; what it took is noted in the entry."""
    finite = np.isfinite(values)
    if not finite.any():
        return b""
    known = values[finite].astype(np.float64)
    low, high = float(known.min()), float(known.max())
    most = np.quantile(known, [0.05, 0.95])
    step = (high - low) / STEPS
    # What grows by decades is looked at closely while it is small: then its small numbers count.
    small = float(np.quantile(np.abs(known[known != 0]), 0.1)) if known.any() else 0.0
    if high > low and (step > UNSEEN * float(most[1] - most[0]) or step > SMALL * small):
        return b""
    shares = (values.astype(np.float64) - low) / max(high - low, 1e-30)
    whole = np.round(np.where(finite, shares, 0.0) * STEPS).astype("<u2")
    entry |= {"dtype": "u2", "low": low, "high": high}
    return np.where(finite, whole, STEPS + 1).astype("<u2").tobytes()


def as_text(header: list[dict[str, Any]], raw: bytes) -> dict[str, Any]:
    """Header and buffer as JSON carries them: deflated, in base 64."""
    return {"header": header, "bytes": base64.b64encode(zlib.compress(raw, 9)).decode()}
