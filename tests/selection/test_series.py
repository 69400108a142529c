"""What a run of the selection room records, against least squares solved anew at each step."""

import jax
import numpy as np
import pytest
from helpers import assert_close
from scipy.stats import chi2

from curvkit import selection

SMALL = dict(rows=60, groups=8, size=3, good=3, picks=4, between=0.3, within=0.3)


def path(problem, picks, whiten):
    """Scores by both rules, fits and errors before each pick, by `lstsq` on real columns."""
    columns = np.asarray(problem.columns, float)  # (rows, groups, size)
    tested = np.asarray(problem.test_columns, float)
    y, test_y = (np.asarray(each, float) for each in (problem.targets, problem.test_targets))
    real = [j for j in range(columns.shape[1]) if np.abs(columns[:, j]).max() > 0]
    wide = lambda each, j: each[:, j][:, np.abs(columns[:, j]).max(0) > 0]
    taken, rows = [], []
    for _ in range(picks + 1):
        here = np.concatenate([wide(columns, j) for j in taken] or [np.zeros((len(y), 0))], 1)
        there = np.concatenate([wide(tested, j) for j in taken] or [np.zeros((len(test_y), 0))], 1)
        fit = np.linalg.lstsq(here, y, rcond=None)[0]
        left = y - here @ fit
        row = dict(scores=[], raw_scores=[], left_after=[], lengths=[])
        for j in range(columns.shape[1]):
            part = wide(columns, j)
            alone = part @ np.linalg.lstsq(part, left, rcond=None)[0]
            row["scores"].append(np.linalg.norm(alone))
            more = np.concatenate([here, part], 1)
            rest = left - more @ np.linalg.lstsq(more, left, rcond=None)[0]
            row["left_after"].append(np.linalg.norm(rest))
            row["raw_scores"].append(np.linalg.norm(part.T @ left))
            sizes = np.cumsum([0] + [wide(columns, each).shape[1] for each in taken])
            own = [slice(*sizes[at : at + 2]) for at, each in enumerate(taken) if each == j]
            row["lengths"].append(np.linalg.norm(here[:, own[0]] @ fit[own[0]]) if own else 0.0)
        judged = np.array(row["scores" if whiten else "raw_scores"])
        judged[taken] = -1
        row |= {
            "best": int(np.argmax(judged)),
            "residual_norm": np.linalg.norm(left),
            "test_error": np.sum((test_y - there @ fit) ** 2) / np.sum(test_y**2),
            "picks": list(taken),
        }
        rows.append(row)
        taken.append(row["best"])
    assert len(real) == SMALL["groups"]
    return rows


@pytest.fixture(scope="module")
def seen():
    settings = selection.Settings.read(SMALL)
    problem = selection.stream.begin(settings, jax.random.key(0)).problem
    return selection.run(settings), path(problem, 4, True), path(problem, 4, False), problem


NAMES = [
    "scores", "raw_scores", "best", "residual_norm", "left_after", "lengths", "test_error",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_each_series_is_that_of_least_squares(seen, name):
    trace, rows = seen[:2]
    expected = np.array([row[name] for row in rows])
    # Single precision, of sums over sixty rows.
    size = np.abs(expected).max()
    assert_close(getattr(trace, name), expected, rtol=1e-3, atol=1e-4 * size, what=name)


def test_hits_are_good_groups_among_those_taken_and_the_other_rule_s_run_is_its_own(seen):
    trace, rows, others, _ = seen
    good = np.flatnonzero(trace.good)
    assert len(good) == 3 and trace.step.tolist() == [0, 1, 2, 3, 4]
    for name, path in (("hits", rows), ("other_hits", others)):
        assert getattr(trace, name).tolist() == [len({*row["picks"]} & {*good}) for row in path]
    expected = [row["test_error"] for row in others]
    assert_close(trace.other_test_error, expected, rtol=1e-3, atol=1e-4)


def test_what_theory_says_of_the_problem_follows_from_its_columns(seen):
    trace, _, _, problem = seen
    columns, beta = (np.asarray(e, float) for e in (problem.columns, problem.coefficients))
    groups = range(columns.shape[1])
    real = lambda j: columns[:, j][:, np.abs(columns[:, j]).max(0) > 0]
    expected = [np.linalg.norm(columns[:, j] @ beta[j]) for j in groups]
    assert_close(trace.true_lengths, expected, rtol=1e-3, atol=1e-3)
    assert np.flatnonzero(np.array(expected) > 1e-3).tolist() == np.flatnonzero(trace.good).tolist()
    basis = [np.linalg.qr(real(j))[0] for j in groups]
    good = np.flatnonzero(trace.good)
    together = np.concatenate([basis[j] for j in good], 1)
    assert_close(trace.rho, np.linalg.eigvalsh(together.T @ together)[0], rtol=1e-3)
    inverse = np.linalg.pinv(together)
    # Of each bad group the sum over the good ones of the spectral norms of its blocks.
    blocks = lambda j: np.split(inverse @ basis[j], len(good))
    bad = [j for j in groups if j not in good]
    mu = max(sum(np.linalg.norm(block, 2) for block in blocks(j)) for j in bad)
    assert_close(trace.mu, mu, rtol=1e-3)
    level = float(trace.noise_level)
    # By a bound on the tail of χ², which is no less than the quantile itself and near it.
    exact = trace.settings["noise"] * np.sqrt(chi2.isf(0.05 / len(bad), SMALL["size"]))
    assert exact < level < 1.15 * exact
    assert_close(trace.epsilon, level / (1 - mu) if mu < 1 else 1e9, rtol=1e-3)
    assert ["".join(map(chr, row)).strip("\0") for row in trace.letters[:8]] == list("01234567")
