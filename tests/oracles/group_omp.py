"""Group-OMP as slowly and as plainly as it can be said: every fit anew by least squares."""

import numpy as np


def slow_path(X, y, groups, steps, *, centre=True, whiten=True):
    """Picks, scores (steps, J) and coefficients (steps, d, targets) by loops and lstsq.

    A whitened score is the length of the residual's least-squares fit on the group alone.
    """
    targets = y.reshape(len(y), -1)
    if centre:
        X, targets = X - X.mean(0), targets - targets.mean(0)
    residual, picks, scores, every = targets.copy(), [], [], []
    for _ in range(steps):
        row = []
        for columns in groups:
            part = X[:, columns]
            fit = part @ np.linalg.lstsq(part, residual, rcond=None)[0]
            row.append(np.linalg.norm(fit if whiten else part.T @ residual))
        scores.append(row)
        picks.append(int(np.argmax([-1 if j in picks else s for j, s in enumerate(row)])))
        chosen = np.concatenate([groups[j] for j in picks])
        found = np.zeros((X.shape[1], targets.shape[1]))
        found[chosen] = np.linalg.lstsq(X[:, chosen], targets, rcond=None)[0]
        residual = targets - X @ found
        every.append(found)
    return np.array(picks), np.array(scores), np.array(every)


def random_problem(rng, *, rows=40, sizes=(1, 2, 3, 4, 2, 1, 5), good=3, noise=0.3, targets=None):
    """A regression on scattered groups of unequal sizes: X, y and the groups' columns."""
    labels = rng.permutation(np.repeat(np.arange(len(sizes)), sizes))
    columns = [np.flatnonzero(labels == j) for j in range(len(sizes))]
    X = rng.normal(size=(rows, len(labels))) * rng.uniform(0.1, 10, len(labels))
    X += rng.normal(size=len(labels))
    shape = (len(labels),) if targets is None else (len(labels), targets)
    beta = rng.normal(size=shape)
    beta[~np.isin(labels, rng.choice(len(sizes), good, replace=False))] = 0
    return X, X @ beta + noise * rng.normal(size=(rows, *shape[1:])), columns
