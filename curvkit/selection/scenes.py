"""The scene of the selection room: scores rise and fall as groups are taken."""

import numpy as np

from curvkit.draw import scene as sc
from curvkit.selection.trace import Trace

MOST_NAMES = 16


def _scores(trace: Trace) -> np.ndarray:
    chosen = trace.scores if trace.settings["whiten"] else trace.raw_scores
    return np.asarray(chosen[:, : trace.count], float)


def _lead(trace: Trace) -> np.ndarray:
    """By how much the whitened rule is ahead of the raw one, (reading,): in good groups found, or
    in per cent of the test explained.
    """
    if trace.known:
        ahead = np.asarray(trace.hits, float) - trace.other_hits
    else:
        ahead = 100 * (np.asarray(trace.other_test_error, float) - trace.test_error)
    sign = 1 if trace.settings["whiten"] else -1
    return sign * np.clip(np.nan_to_num(ahead), -1e6, 1e6)


def _foretold(known: bool, total: int) -> sc.Prediction:
    near = 0.5
    found = f"found more of the {total} good groups after {total} picks"
    return sc.Prediction(
        ask=f"Which rule will have {found if known else 'explained more of the test in the end'}?",
        choices=(
            sc.Answer("the whitened one, by ‖*Qᵀr*‖", [("lead", ">", near)]),
            sc.Answer("the raw one, by ‖*Xᵀr*‖", [("lead", "<", -near)]),
            sc.Answer("neither, they tie" if known else "neither, within half a per cent",
                      [("lead", ">", -near), ("lead", "<", near)]),
        ),
        until=total if known and total else None,
    )  # fmt: skip


@np.errstate(all="ignore")  # a run that is lost is no trouble
def _fields(trace: Trace) -> dict[str, np.ndarray]:
    """The scores of all groups before each pick, and the one that is picked."""
    scores, rows = _scores(trace), np.arange(trace.readings)
    best = np.clip(trace.best, 0, max(trace.count - 1, 0))
    return {
        "step": trace.step, "score": scores, "best": best, "top": scores[rows, best],
        "residual": trace.residual_norm, "hits": trace.hits,
        "error": 100 * np.asarray(trace.test_error, float),
        "part": np.asarray(trace.lengths[:, : trace.count], float), "lead": _lead(trace),
    }  # fmt: skip


def _groups(trace: Trace, colors: tuple[str, ...]) -> sc.View:
    count = trace.count
    named = count <= MOST_NAMES and not trace.known
    names = tuple(trace.names) if named else None
    rule = "‖*Qᵀr*‖" if trace.settings["whiten"] else "‖*Xᵀr*‖"
    return sc.View(
        id="groups", title="How much of what is left lies in each group", beats=True,
        pad={"t": 104},
        x=sc.Axis(label="group", domain=(-0.7, count - 0.3), hide=named),
        y=sc.Axis(label=f"score {rule}", fit=sc.Camera(
            of=("top", "score"), least=(0, 1e-6), last=0, ahead=1, room=1.35, items=True)),
        marks=(
            sc.Bars(x="place", y="score", color=colors, names=names, width=0.75),
            sc.Dots(x="best", y="top", size=7, color="unstable"),
            sc.Text(text="next", x="best", y="top", dy=-14, align="center", color="unstable",
                    weight=600, size=12.5, halo=True),
        ),
    )  # fmt: skip


def _parts(trace: Trace, colors: tuple[str, ...]) -> sc.View:
    return sc.View(
        id="parts", title="What each group adds to the fit",
        x=sc.Axis(label="groups taken", domain=(0, float(max(trace.settings["picks"], 1)))),
        y=sc.Axis(label="‖*Xβ*‖", fit=sc.Camera(of=("part",), least=(0, 1e-6), items=True)),
        pick=sc.Pick(clock="step"),
        marks=(sc.Line(x="step", y="part", per="item", color=colors, width=1.75),),
    )  # fmt: skip


def _left(trace: Trace) -> sc.View:
    return sc.View(
        id="left", title="What is left to explain",
        x=sc.Axis(label="groups taken", domain=(0, float(max(trace.settings["picks"], 1)))),
        y=sc.Axis(label="‖*r*‖", fit=sc.Camera(of=("residual",), least=(0, 1e-6))),
        pick=sc.Pick(clock="step"),
        cursor=sc.Cursor(x="step", y="residual", line=True, says=(
            sc.Number(field="step", digits=0), " groups taken")),
        marks=(
            sc.Line(x="step", y="residual", width=2.5),
            sc.Dots(x="step", y="residual", size=5),
        ),
    )  # fmt: skip


@np.errstate(all="ignore")
def picks(trace: Trace) -> sc.Scene:
    """Which group is next? The one whose span holds most of what is left."""
    count, known = trace.count, trace.known
    good = np.asarray(trace.good[:count])
    colors = tuple("stable" if known and each else "second" for each in good)
    total = int(good.sum())
    found = (f" of {total} good ones are found",) if known else (" % of the test is unexplained",)
    number = sc.Number(field="hits", digits=0, says="good ones found")
    error = sc.Number(field="error", digits=1, says="unexplained, per cent")
    return sc.Scene(
        title="Group by group", time="step", clock="pick", rows=_fields(trace),
        alt="Bars of the groups' scores, which change with each group that is taken",
        fixed={"place": np.arange(count)},
        knobs={"whiten": sc.Turn(), "noise": sc.Turn(), "within": sc.Turn()},
        controls=("whiten", "noise", "within") if known else ("whiten",),
        sentence=(
            sc.Number(time=True, digits=0, width=2), " groups are taken; ",
            number if known else error, *found, ".",
        ),
        pace=sc.Pace(rate=1.1),
        beats=(
            sc.Beat("The group that holds most of the targets comes first.", [("step", "<", 0.5)]),
            sc.Beat("All groups taken are fitted anew, and what is left is scored again."),
        ),
        predict=_foretold(known, total),
        tries=(
            (sc.Try("the raw rule", {"whiten": False}, over=True),
             sc.Try("no noise", {"noise": 0.0}, over=True),
             sc.Try("groups nearly of one column", {"within": 0.95}, over=True))
            if known
            else (sc.Try("the raw rule", {"whiten": False}, over=True),
                  sc.Try("the whitened rule", {"whiten": True}, over=True))
        ),
        views=(_groups(trace, colors), _parts(trace, colors), _left(trace)),
        layout=sc.Layout(
            wide=sc.Plan(columns=(1.2, 1), rows=(1, 1), aspect=0.42, least=440, most=680,
                         areas=("groups parts", "groups left")),
            narrow=sc.Plan(columns=(1,), rows=(1.3, 1, 1), height=900,
                           areas=("groups", "parts", "left")),
        ),
    )  # fmt: skip
