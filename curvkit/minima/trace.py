"""What the minima room records, and what can be read off it."""

import numpy as np
from jaxtyping import Float, Int

from curvkit.core.trace import Record, series

FALLING = 0.01
AT_A_LEVEL = 2e-3


class Trace(Record):
    """Many runs, a batch of them per reading, each looked at twice: after `steps`, and later."""

    COUNTED = "batch"
    width: Int[np.ndarray, "reading run"] = series("Hidden units of the run.", symbol="h")
    loss: Float[np.ndarray, "reading run"] = series("Loss after `steps`, summed.", symbol="L")
    later_loss: Float[np.ndarray, "reading run"] = series("Loss after half as many steps again.")
    gradient_norm: Float[np.ndarray, "reading run"] = series(
        "Length of the gradient of the summed loss, at the second look.", symbol="‖∇L‖"
    )
    small: Int[np.ndarray, "reading run"] = series("1 where that length is below the tolerance.")
    wrong: Int[np.ndarray, "reading run"] = series("Points on the wrong side after `steps`.")
    dead_at_start: Int[np.ndarray, "reading run"] = series("Units off on every point at the start.")
    dead: Int[np.ndarray, "reading run"] = series("Units off on every point at the end.")
    counts: Int[np.ndarray, "reading run"] = series(
        "1 for a run that was asked for, 0 for padding."
    )
    best_loss: Float[np.ndarray, " reading"] = series("The lowest loss of the batch.")
    typical_loss: Float[np.ndarray, " reading"] = series(
        "The loss of the batch's typical failure, the one nearest to their mean."
    )
    best_surface: Float[np.ndarray, "reading grid grid"] = series(
        "Output of the best of the batch."
    )
    typical_surface: Float[np.ndarray, "reading grid grid"] = series("Output of that failure.")
    axis_1: Float[np.ndarray, " grid"] = series("First coordinate of the surfaces.")
    axis_2: Float[np.ndarray, " grid"] = series("Second coordinate of the surfaces.")
    points: Float[np.ndarray, "point two"] = series("The points in these coordinates.")
    targets: Float[np.ndarray, " point"] = series("Their targets.", symbol="y")
    levels: Float[np.ndarray, " level"] = series(
        "Losses of minima that are proved.", symbol="L(θ*)"
    )
    level_widths: Int[np.ndarray, " level"] = series("Hidden units of the network of each level.")
    predicted_dead: Float[np.ndarray, ""] = series("Share of units off at the start, by sampling.")

    def runs(self, name: str) -> np.ndarray:
        """A series of all runs that have ended, in one row; padding left out."""
        return getattr(self, name)[self.counts > 0]

    @property
    def solved(self) -> np.ndarray:
        """Whether each run has every point right."""
        return self.runs("wrong") == 0

    @property
    def diverged(self) -> np.ndarray:
        """Whether each run came to a loss that is no number, or beyond all bounds."""
        late = np.stack([self.runs("loss"), self.runs("later_loss")])
        return ~np.all(np.abs(late) < 1e20, axis=0)

    @property
    def stuck(self) -> np.ndarray:
        """Whether each run failed, with a small gradient and nothing gained by the second look."""
        small = self.runs("small") > 0
        with np.errstate(invalid="ignore", over="ignore"):
            gained = self.runs("loss").astype(float) - self.runs("later_loss")
            still = gained <= FALLING * np.abs(self.runs("loss").astype(float))
        return small & still & ~self.solved & ~self.diverged

    @property
    def fates(self) -> dict[str, np.ndarray]:
        """Each run's fate: solved, stuck, not there yet, or diverged."""
        solved, stuck, lost = self.solved & ~self.diverged, self.stuck, self.diverged
        return {
            "solved": solved,
            "stuck": stuck,
            "not there yet": ~solved & ~stuck & ~lost,
            "diverged": lost,
        }

    def merits(self) -> dict[str, float]:
        """The share of the runs that met each fate, and the lowest loss."""
        share = lambda met: float(met.mean()) if met.size else float("nan")
        loss = self.runs("loss")
        loss = loss[np.isfinite(loss)]
        return {
            "solved": share(self.fates["solved"]),
            "stuck": share(self.fates["stuck"]),
            "diverged": share(self.fates["diverged"]),
            "lowest_loss": float(loss.min()) if loss.size else float("nan"),
        }

    def at_level(self, level: int) -> np.ndarray:
        """Whether each run ended at the loss of a proved minimum of its own width."""
        value = float(self.levels[level])
        with np.errstate(invalid="ignore", over="ignore"):
            near = np.abs(self.runs("later_loss").astype(float) - value) <= AT_A_LEVEL * abs(value)
        return near & (self.runs("width") == self.level_widths[level])

    def success(self) -> dict[int, tuple[int, int]]:
        """By width: how many runs have every point right, and how many runs there are."""
        widths = self.runs("width")
        solved = self.fates["solved"]
        return {
            int(h): (int(solved[widths == h].sum()), int((widths == h).sum()))
            for h in np.unique(widths)
        }
