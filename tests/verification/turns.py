"""Examples of the verification room's functions, and other values of their keywords."""

import numpy as np
from turning import Beside, Turn

from curvkit import verification

RANDOM = np.random.default_rng(0)
LAYERS = [
    (RANDOM.normal(size=(5, 2)), RANDOM.normal(size=5)), "relu",
    (RANDOM.normal(size=(2, 5)), RANDOM.normal(size=2)),
]  # fmt: skip
WITHIN = [-1.0, -1.0], [1.0, 1.0]
# Below the largest value but near it, so that a search has to split.
SPEC = verification.LinearSpec([1.0, -1.0], 4.0)


def verified(**given):
    found = verification.verify(LAYERS, WITHIN, SPEC, **{"method": "split", "gap": 0.01, **given})
    return found.upper_bound, found.attack_value, found.trace[:, 1:]


TURNS = {
    "LinearSpec": Turn(lambda **given: verification.LinearSpec([1.0], **given).data, dict(d=2.0)),
    "crown": Turn(
        lambda **given: verification.crown(LAYERS, WITHIN, **given), dict(choice="zero"), full=True
    ),
    "verify": Turn(
        verified, dict(method="interval", boxes=Beside(3, {"gap": 1e-3}), gap=1.0), full=True
    ),
    "progress": Turn(
        lambda **given: [
            (each.upper_bound, each.attack_value, each.trace[:, 1:])
            for each in verification.progress(
                LAYERS, WITHIN, SPEC, **{"method": "split", "gap": 0.01, **given}
            )
        ],
        dict(method="interval", boxes=Beside(3, {"gap": 1e-3}), gap=1.0),
        full=True,
    ),
}
STUDY = "Runs a study of many boxes, whose numbers are held by its own tests."
LEFT = {
    f"{name}.{each}": STUDY
    for name, keywords in {
        "follow": ("seconds", "runs", "seed", "on_circle"),
        "ladder": ("theta", "omega", "radius", "model", "lifted", "seed"),
        "sample": ("theta", "omega", "radius", "model", "single", "count", "seed"),
        "study": ("radii", "points", "seed", "steps", "together"),
    }.items()
    for each in keywords
} | {
    f"explore_ladder.{each}": "It opens widgets, which have tests of their own."
    for each in ("theta", "omega", "radius", "model")
} | {
    "box.inputs": "It changes what is refused, and nothing else; the refusals have tests.",
    "semidefinite.products": "It needs a solver that takes seconds; held by its own tests.",
    "verify.seed": "It draws where attacks start, which end at the same corner.",
    "progress.seed": "It draws where attacks start, which end at the same corner.",
    "verify.budget": "Seconds of search change what comes out from one machine to the next.",
    "progress.budget": "Seconds of search change what comes out from one machine to the next.",
}  # fmt: skip
