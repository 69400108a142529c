"""Examples of the model's functions, and other values of their keywords."""

from turning import Beside, Turn

from curvkit.tuners import model

STATE = model.Balance(1.0, 2.0)
TURNS = {
    "rate": Turn(
        lambda rule="cdat", **given: model.rate(rule, STATE, **given),
        dict(
            sigma=1.0,
            bulk_gradient=2.0,
            bulk_curvature=1.0,
            learning_rate=Beside(0.5, {"rule": "constant"}),
        ),
    )
}
