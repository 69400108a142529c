"""From the dial of other ways of shaping to a contender that is trained.

| symbol | name | source |
| --- | --- | --- |
| σ_w, σ_b | `gain`, `bias`, of each affine layer but the first | arXiv 1611.01232 |
| φ(z) − φ(−z) | of `looks_linear`, as ReLU in mirrored pairs | arXiv 1702.08591 |
"""

from collections.abc import Mapping
from typing import Any

from curvkit.core import messages
from curvkit.kernels.contest._weights import GAINS

# Knobs that mean the same on the dial and in the contest.
SAME = ("activation", "weights", "gain", "bias", "norm", "shortcut", "weight")


def dialled(dial: Any) -> dict[str, Any]:
    """The knobs of a contest whose network is the one that a dial shows.

    Args:
        dial: settings of `kernels.ways`, or a mapping of all its knobs, as a trace has in
            `settings`.

    Returns:
        Knobs to be given to `run` or `explore`.

    Raises:
        ValueError: with one sentence, if no network of that kind can be trained here.

    >>> from curvkit.kernels import ways
    >>> chaotic = dialled(ways.Settings(gain=2.8, depth=20))
    >>> chaotic["network"], chaotic["gain"], chaotic["blocks"]
    ('dial', 2.8, 10)
    """
    of = dial if isinstance(dial, Mapping) else {k: getattr(dial, k) for k in (*SAME, "depth")}
    knobs = {"network": "dial", "blocks": of["depth"] // 2, **{name: of[name] for name in SAME}}
    if of["activation"] != "looks_linear":
        return knobs
    gain = GAINS.get(of["weights"], of["gain"])
    plain = of["weights"] in ("lecun", "dial") and of["norm"] == "none" and gain == 1
    if not plain or (of["weights"] == "dial" and of["bias"] > 0):
        expected = "with weights='lecun' and norm='none'"
        advice = "mirrored units begin linear with a gain of 1 alone"
        given = f"weights={of['weights']!r}, gain {gain:g} and norm={of['norm']!r}"
        raise ValueError(messages.refusal("looks_linear", expected, given, advice))
    return knobs | {"activation": "relu", "weights": "mirrored"}
