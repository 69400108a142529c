"""Watching: sharpness, its threshold and more, along a training loop that stays one's own."""

import os
import warnings
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from curvkit.core import meshes, messages, programs, tree
from curvkit.core.trace import header
from curvkit.curvature._blocks import layers as layers_of
from curvkit.watching import _losses as losses
from curvkit.watching import _measure as measure
from curvkit.watching import _optimizer as optimizer
from curvkit.watching import _parts as parts
from curvkit.watching._hand import Hand, Steered
from curvkit.watching.trace import Trace


class Watch(Steered):
    """Records curvature while a model trains; made by `curvkit.watch`, which tells its arguments.

    Attributes:
        pace: the `Pace`, with the seconds spent on reading, training and compiling.
    """

    def __init__(self, loss_fn, *, trained, log, key, pace, **options):
        self._loss, self._trained, self._log, self._key = loss_fn, trained, log, key
        self._options, self.pace = options, pace
        self._rows: list[dict[str, Any]] = []
        self._blocks: dict[str, list[int]] = {}
        self._seen: measure.Carried | None = None
        self._shown, self._hand = {}, Hand()
        self._count, self._warned = 0, False
        self._judged: dict[str, Any] = dict(rule=options["rule"], shaped=False, assumed=[])

    def observe(self, params: Any, opt_state: Any = None, step: int | None = None, batch: Any = ()):
        """Reads the curvature at `params`, if a reading is due; call it after each training step.

        Args:
            params: the model's parameters, any pytree.
            opt_state: the optimizer's state after the step, for what it tells of the rule.
            step: training steps taken; counted by calls if left out.
            batch: what `loss_fn` gets beside params, any pytree; for a full-data sharpness the
                whole data. If left out, `loss_fn` is called with params alone.

        Returns:
            The row as a dict of plain numbers, or None where nothing was read: also before the
            first update has gone into the second moments by which the rule divides.

        Raises:
            ValueError: in one sentence, if params, loss, batch and optimizer do not fit together.
        """
        if tree.traced(params, step):
            raise ValueError(
                "observe reads where nothing is being traced; within jax.jit or a scan call "
                "pure_observe, and hand its rows to collect."
            )
        step = self._count if step is None else int(step)
        self._count = step + 1
        if not self.pace.due(step):
            return None
        # What training still owes is training's time, not ours.
        jax.block_until_ready([x for x in jax.tree.leaves(params) if isinstance(x, jax.Array)])
        began = self.pace.begin(step)
        numbers, held, shape = parts.split(params, self._trained)
        self._start(params, numbers, shape)
        next_step = self._told(opt_state, step, params, numbers, shape)
        if not bool(next_step.ready):
            return None
        loss = self._traced(numbers, held, shape, batch)
        # On an Explicit mesh what comes out lies otherwise than what went in.
        donated = () if meshes.explicit(numbers, loss[0].values) else (2,)
        read = programs.compiled(
            measure.judged_reading, loss, donated=donated, **self._statics(batch)
        )
        known = losses.compilations(read)
        # Its memory is given to what replaces it; a reading that fails is followed by a cold one.
        before, self._seen = self._seen, None
        given = [each.values for each in loss]
        seen, row = read(given, numbers, next_step, before, self._key)
        row = jax.device_get(row)
        self._seen = seen if np.isfinite(row["eigenvalues"]).all() else None
        spent = self.pace.end(began, compiled=losses.compilations(read) > known)
        return self._take({**row, "step": step, "seconds": spent})

    def begin(self, params: Any) -> measure.Carried:
        """The state to start `pure_observe` from."""
        numbers, _, shape = parts.split(params, self._trained)
        self._start(params, numbers, shape)
        begun = lambda numbers: measure.begin(numbers, self._options["k"], bool(self._blocks))
        return meshes.automatic(begun, meshes.explicit(numbers))(numbers)

    def pure_observe(
        self, seen: measure.Carried, params: Any, opt_state: Any, step: jax.Array, batch: Any = ()
    ) -> tuple[measure.Carried, dict[str, jax.Array]]:
        """The same as a pure function, for `jax.lax.scan`: every so many steps a reading.

        Args:
            seen: of the step before, or `begin(params)`.
            params: as in `observe`.
            opt_state: as there.
            step: training steps taken.
            batch: as there.

        Returns:
            `(seen, row)`; hand the rows that a scan stacks to `collect`.
        """
        numbers, held, shape = parts.split(params, self._trained)
        traced = self._traced(numbers, held, shape, batch)
        next_step = self._told(opt_state, step, params, numbers, shape)
        due = (step % self.pace.every == 0) & next_step.ready
        statics = self._statics(batch)

        def looked(due, values, numbers, facts, seen):
            of = [each.bound(one) for each, one in zip(traced, values, strict=True)]

            def now(seen):
                return measure.judged(*of, numbers, facts, seen, self._key, **statics)

            def later(seen):
                row = measure.blank(self._options["k"], len(self._blocks))
                shapes = jax.eval_shape(now, seen)[1]
                blank = {name: jnp.asarray(row[name], each.dtype) for name, each in shapes.items()}
                return seen, blank

            return tree.strong(jax.lax.cond(due, now, later, seen))

        values = [each.values for each in traced]
        placed = meshes.automatic(looked, meshes.explicit(numbers, values))
        seen, row = placed(due, values, numbers, next_step, seen)
        edge = {"learning_rate": next_step.learning_rate, "critical": next_step.critical}
        return seen, {**row, "step": step, "due": due, **edge}

    def collect(self, rows: dict[str, Any]) -> None:
        """Takes in what `jax.lax.scan` stacked of the rows of `pure_observe`."""
        rows = {name: np.asarray(values) for name, values in rows.items()}
        for at in np.flatnonzero(rows.pop("due")):
            self._take({name: values[at] for name, values in rows.items()} | {"seconds": np.nan})

    @property
    def trace(self) -> Trace:
        """What was recorded so far."""
        k, names = self._options["k"], list(self._blocks)
        settings = {"k": k, "momentum": self._options["momentum"], **self._judged}
        settings |= dict(every=self.pace.every, budget=self.pace.budget, layers=names)
        settings |= dict(batch_size=self._options["batch_size"])
        sizes = dict(eigenvalues=(k,), layers=(len(names),))
        dtypes = dict(step=int, products=int)
        fields = {
            name: np.array(
                [row[name] for row in self._rows], dtypes.get(name, np.float32)
            ).reshape(len(self._rows), *sizes.get(name, ()))
            for name in Trace.__series__
        }  # fmt: skip
        return Trace(header=header("watching", settings, self._key), **fields)

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Writes the trace to an npz file, whole or not at all; `curvkit.watching.Trace.load`."""
        return self.trace.save(path)

    def figure(self, name: str = "edge"):
        """A figure of what was recorded: edge, scaled, alignment, layers or batches (plotly)."""
        from curvkit.watching import figures

        if name not in figures.FIGURES:
            raise ValueError(messages.unknown("figure", name, figures.FIGURES))
        return figures.FIGURES[name](self.trace)

    def show(self, name: str = "edge"):
        """The figure live, in a notebook: it follows the training that comes after. Nothing, where
        nobody watches: there `figure` draws it in the end.
        """
        from curvkit.watching import _live as live

        shown, canvas = live.follow(self, name)
        self._shown |= {"figure": shown} if shown else {}
        return canvas

    def play(self, name: str = "edge"):
        """A figure that plays by itself, as the run was watched; it needs no kernel."""
        from curvkit.show.player import animate
        from curvkit.watching import figures

        return animate(figures.FIGURES[name], self.trace)

    def words(self) -> str:
        """What was recorded, in a sentence or two with its own numbers."""
        from curvkit.watching import figures

        return figures.words(self.trace)

    def tell(self):
        """The words, as a notebook displays them."""
        from curvkit.show.summary import markdown

        return markdown(self.words(), self.trace)

    # -- one reading ---------------------------------------------------------------------------

    def _start(self, params, numbers, shape):
        if not numbers:
            expected = "a pytree with at least one floating-point array that is trained"
            raise ValueError(messages.refusal("params", expected, params))
        if self._seen is None:
            if self._options["per_layer"]:
                self._blocks = parts.layers(params, shape, layers_of)
            self._seen = measure.begin(numbers, self._options["k"], bool(self._blocks))

    def _traced(self, numbers, held, shape, batch):
        """The loss as it is now, as a function of the numbers; a second one of rows of the batch,
        where the sharpness of batches is asked for.
        """
        size = self._options["batch_size"]
        return losses.of_numbers(self._loss, numbers, held, shape, batch, size)

    def _statics(self, batch):
        blocks = tuple((name, tuple(at)) for name, at in self._blocks.items())
        size = self._options["batch_size"]
        size = size and (size, losses.examples(batch))
        return dict(
            k=self._options["k"], blocks=blocks, num_hvps=self._options["num_hvps"], batches=size
        )

    def _told(self, opt_state, step, params, numbers, shape):
        """What the optimizer, or who made the watch, says of the step that follows."""
        next_step, assumed = optimizer.tell(self._options, opt_state, step, params, numbers, shape)
        if next_step.norm is not None and self._options["k"] > 1:
            advice = f"the sharpness of {next_step.rule} is one number and no eigenvalue"
            raise ValueError(messages.refusal("k", "1", self._options["k"], advice))
        losses.require_no_norm(next_step, self._options["batch_size"])
        self._judged = dict(
            rule=next_step.rule, shaped=next_step.shaped, norm=next_step.norm, assumed=assumed
        )
        return next_step

    def _take(self, row):
        self._rows.append(row)
        plain = {
            name: value.tolist() if isinstance(value, np.ndarray) else value
            for name, value in row.items()
        }
        if not np.isfinite(row["loss"]) and not self._warned:
            self._warned = True
            warnings.warn(
                f"The loss at step {int(row['step'])} is {float(row['loss'])}, so that there is no "
                "curvature to read there; lower the learning rate, or look at the batch.",
                stacklevel=3,
            )
        if self._log is not None:
            self._log(int(row["step"]), _flat(row, list(self._blocks)))
        for shown in self._shown.values():
            shown(self.trace)
        return plain


def _flat(row, names) -> dict[str, float]:
    """A row as plain numbers, each under a name of its own."""
    flat = {name: float(row[name]) for name in ("loss", "gradient_norm", "learning_rate",
                                                "critical", "alignment")}  # fmt: skip
    if not np.isnan(row["batch_sharpness"]):
        flat["batch_sharpness"] = float(row["batch_sharpness"])
    values = np.atleast_1d(row["eigenvalues"])
    flat["sharpness"] = float(values[0])
    flat |= {f"eigenvalue_{n}": float(value) for n, value in enumerate(values[1:], 2)}
    flat["scaled_sharpness"] = flat["learning_rate"] * flat["sharpness"]
    layers = np.atleast_1d(row["layers"])
    return flat | {f"sharpness/{name}": float(v) for name, v in zip(names, layers, strict=True)}
