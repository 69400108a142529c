# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
#   curvkit:
#     room: minima
#     needs: [python-flint]
#     gallery:
#       knobs:
#         width: [2, 3, 4, 7]
#         learning_rate: [0.01, 0.05, 0.2]
#     quick:
#       steps: 100
#       runs: 100
# ---

# %% [markdown]
# # 4 · Minima: bad local minima, proved, and how to fall into one
#
# **Claim.** A small network can have a strict local minimum far above its best point: a $\theta^*$
# with
#
# $$\nabla L(\theta^*) = 0, \qquad \nabla^2 L(\theta^*) \succ 0 ,$$
#
# and $L(\theta_2) < L(\theta^*)$ for some other $\theta_2$. Each of the three is *proved* below, not
# plotted. (Swirszcz, Czarnecki, Pascanu 2016, arXiv 1611.06310.)
#
# <!-- live -->
# ![A grid of 169 marbles rolls over a map of the loss; a few of them end in a narrow valley, and their losses stay above the level of the bad minimum.](pictures/04_minima.webp)
# <!-- /live -->

# %% tags=["parameters"]
steps = 5000
runs = 1000
learning_rate = 0.05
seed = 0

# %% [markdown]
# ## Predict
# Ten points in the plane, five of each label, are learnt by two sigmoid units. There are weights
# that get all ten right. In the plane through a bad minimum, a better point and a random third
# direction 169 networks start on a grid, and gradient descent lets them fall. How many are caught?
# The stage asks before they fall. Whatever gets below the proved level can never come back.

# %% [markdown]
# ## Turn
# Marbles are grey above the level of the minimum, orange at it, and blue below it.
# <!-- live -->
# Click into the plane to drop a marble of your own, and guess first whether it is caught. Drag a point of
# the data: the minimum is followed, and proved anew. How far can it go before the proof is lost?
# <!-- /live -->

# %%
from curvkit.minima import basin

marbles = dict(every=8, steps=1200, seed=seed)
basin.stage(**marbles)

# %% [markdown]
# That was near the minimum. Now a thousand runs of Adam start from random weights, each of its own.
# Before you run the next cell, decide: do (a) nearly all, (b) about half, or (c) nearly none of
# the runs get all ten points right? The histogram fills as the runs end. The dashed line is the loss
# of the minimum.
# <!-- live -->
# Turn *width* to 3, 4 or 7 and see the failures become fewer (about 99, 63, 52 and 26 of 100 at 2, 3, 4
# and 7); look at *surface* for what was learnt instead.
# <!-- /live -->
# <!-- page: Of width 3, 4 or 7, failures become fewer (about 99, 63, 52 and 26 of 100 at 2, 3, 4 and 7). -->

# %%
from curvkit import minima

minima.explore(steps=steps, runs=runs, learning_rate=learning_rate, seed=seed)

# %% [markdown]
# ## Look at the proof by hand
# `counterexamples()` lists the networks of the paper; `certify` tries to prove each. For sigmoids
# the numbers are balls, which hold all rounding: Krawczyk's operator maps a box into itself, so
# that exactly one critical point is in it, and a Cholesky factorisation succeeds for *every*
# Hessian in the box.

# %%
ten_points, *rectifiers = minima.counterexamples()
minima.certify(ten_points)

# %% [markdown]
# For rectifiers the weights are rationals, and a Hessian is of no use: units are exactly at their kinks,
# or off on every point. Inside one activation pattern the loss is convex in $(v w, v b, c)$, so where its slopes are
# exactly zero nothing is lower; a kink on a point whose residual is zero changes nothing.

# %%
proofs = {each.name: minima.certify(each) for each in rectifiers}
{name: (proof.verdict, proof.loss.text) for name, proof in proofs.items()}

# %%
proofs["P2"]

# %% [markdown]
# ## Fall into it
# From how far away does gradient descent still fall into the minimum? The marbles again, in figures,
# and counted.

# %%
basin.explore(figure="plane", **marbles)

# %%
basin.figures.basin_map(basin.run(**marbles))

# %% [markdown]
# ## What is known, and what was measured here
# - *Proved*: the certificates above, each by this run.
# - *Measured*: how often four points are learnt, below, for rectifiers and sigmoids on XOR and on
#   its flattened form (jellyfish), from nine starts and rules, with two, four and seven units.
#   Width rescues; rectifiers suffer more, but for a few slow rows; and Adam at a rate of 0.001 looks as if the
#   flattened XOR could not be learnt by sigmoids, which is not so: those runs are *not there yet*.

# %%
minima.compare(runs=min(runs, 300), steps=steps // 2, seed=seed)

# %% [markdown]
# Blind spots: a rectifier that is off on every point has no gradient and never returns. With zero
# biases the chance for that is an angle, here against sampled units and the runs themselves.
# **Predict**: what becomes of it when all points are shifted away from zero?

# %%
shifted = dict(activation="relu", initialization="normal", width=6, all_widths=True, input_shift=4)
blind = minima.run(runs=600, steps=steps // 10, seed=seed, **shifted)
minima.figures.dead(blind)

# %%
minima.tell(blind)

# %% [markdown]
# ## Build your own
# Edit the table of points, and ask for a bad minimum: many seeds, polished by Newton, then
# certified. Where nobody watches, it searches on the points as they are.

# %%
minima.build(seeds=min(runs, 300), steps=steps)

# %% [markdown]
# ## Break it
# A claim that is false must not be proved: the same minimum with one sign changed, and with a
# "better point" that is not better.

# %%
good = ten_points.weights
turned = (good.hidden, good.bias, [-each for each in good.output], good.offset)
case = dict(activation="sigmoid", loss="logistic")
minima.certify(minima.example(ten_points.inputs, ten_points.targets, turned, **case))

# %%
case |= dict(better=turned)
minima.certify(minima.example(ten_points.inputs, ten_points.targets, good, **case))

# %% [markdown]
# ## Exercises
# <!-- page: (Best tried in JupyterLab.) -->
#
# 1. Is a run that is called *stuck* at a local minimum?
#    <details><summary>Answer</summary>Not always: most levels of the histogram are only approached,
#    with weights that grow without end. The search polishes by Newton, and counts as *near no strict
#    minimum* what has none nearby.</details>
# 2. Why is no rectifier minimum strict?
#    <details><summary>Answer</summary>Scaling a unit's (w, b) by t and its v by 1/t changes no
#    output, so there is always a flat direction.</details>
# 3. In the basin room, take `example="P1"` with a learning rate of 0.005. Why do runs at the level
#    lie on a curve?
#    <details><summary>Answer</summary>It is the scaling again: a whole curve of minima, of which the
#    plane shows the shadow.</details>
# 4. With one half of the learning rate, is a failure more or less likely?
#    <details><summary>Answer</summary>About as likely. More runs are called *stuck* and fewer *not
#    there yet*, since what is slow looks like what is stuck: double the steps as well, and the counts
#    are back.</details>
# 5. In the table above, seven sigmoids learn the flattened XOR less often than four by gradient
#    descent from small starts (*glorot* and *lecun*). Does width harm?
#    <details><summary>Answer</summary>It is slow: with twice the steps,
#    `minima.compare(steps=5000)`, all of them learn it.</details>

# %% [markdown]
# ## Where it lives in the code
# `curvkit/minima/_proofs_smooth.py` and `_balls.py` prove sigmoid networks, `_proofs_exact.py` and
# `_rationals.py` rectifiers, `_proofs_logistic.py` those under the logistic loss; `_training.py` trains all runs side by side; `_search.py` looks for
# minima; `basin/` is the plane. On your own network:
# `minima.certify(minima.example(inputs, targets, (W, b, v, c), activation="tanh", loss="squared"))`.
#
# ## Reference
# G. Swirszcz, W. M. Czarnecki, R. Pascanu: *Local Minima in Training of Neural Networks*, 2016,
# arXiv 1611.06310.
#
# Before: [03_kernels](03_kernels.ipynb). Next: [05_sobolev](05_sobolev.ipynb).
