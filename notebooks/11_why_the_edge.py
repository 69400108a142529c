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
#     room: curvature
#     needs: [scikit-learn]
#     gallery:
#       knobs:
#         learning_rate: [0.08, 0.1, 0.15]
#       set:
#         flow: both
#         steps: 1001
#     quick:
#       steps: 330
#       learning_rate: 0.2
# ---

# %% [markdown]
# # 11 · Why the edge: two flows beside a run
#
# **Claim.** At the edge of stability gradient descent jumps about a path that is smooth, and that path
# obeys an equation of its own, the *central flow*
#
# $$\dot w = -\nabla L - \tfrac12\, \nabla \langle H, X \rangle ,$$
#
# where $X \ge 0$, the variance of the jumps, is just so large that no eigenvalue of the Hessian $H$ goes
# above $2/\eta$. Without $X$ it is gradient flow, which knows no edge. (Cohen et al. 2024, arXiv
# 2410.24206.)
#
# <!-- live -->
# ![A green curve comes to the edge and stays there; the sharpness of the run goes up and down about it, and a grey curve climbs on, far above. Beside it the run goes around two green rings.](pictures/11_why_the_edge.webp)
# <!-- /live -->

# %% tags=["parameters"]
learning_rate = 0.1
steps = 3003
width = 32
seed = 0

# %% [markdown]
# ## Predict
# The network of [1 · Curvature](01_curvature.ipynb) is trained by gradient descent at $\eta = 0.1$. At
# step 110, long before its edge, two flows leave from where it is on average: gradient flow, and the
# central flow. Both see the same loss, and a step of training is a time of $\eta$ for them.
#
# The stage below asks where the sharpness of gradient flow will be in the end, against that edge.
# Decide as well by how much the path of the run, averaged over its jumps, strays from each of the two:
# in parts of the way gone.

# %% [markdown]
# ## Turn
# Grey is gradient flow: what the sharpness would do if there were no edge. Green is the central flow.
# The run is blue below the edge and orange beyond it. Below, each of its jumps: even steps are one curve
# and odd ones the other, and the green band is as wide as the central flow says that they are on
# average. Beside, jumps and sharpness together: the run goes around the two rings, where the central flow
# stands.
# <!-- live -->
# While it trains press *η = 0.115, from here*, or drag the line $2/\eta$: the edge comes down, green goes
# with it, and grey does not care. But pull the line down by half at once, and no smooth path leads there.
# <!-- /live -->

# %%
from curvkit import curvature

run = dict(flow="both", learning_rate=learning_rate, width=width, seed=seed)
jumps = dict(**run, every=1, steps=min(steps, 1001))
curvature.stage("flows", **jumps)

# %% [markdown]
# A longer run in figures, read every eleventh step.
# <!-- live -->
# Turn the learning rate to 0.15, and look at the figure *flows*.
# <!-- /live -->

# %%
half = min(steps, 1507)
curvature.explore(**run, steps=half)

# %% [markdown]
# ## Look at one run by hand
# All of the sentences above are computed from the run; the last of them are about the flows.
#
# The upper panel has how far each flow is from the average of the run's last eleven steps, in parts of
# the way gone since they left it; the lower one the square of the displacement $x$ along the top
# eigenvector, and the variance that the central flow says it has. The run does not keep to it: it
# bursts, and is calm in between.

# %%
trace = curvature.run(**run, steps=half)
curvature.figures.flows(trace)

# %% [markdown]
# The central flow foretells the loss as well. On its path the loss is $L(w)$; but the run sits on the
# walls of the valley, so that on average its loss is $L(w) + \tfrac12\langle H, X\rangle$.

# %%
late = trace.step >= 0.6 * half
ours, (free, held) = trace.averaged_loss[late].mean(), trace.flow_loss[late].mean(0)
print(f"mean loss from step {0.6 * half:.0f} on: the run {ours:.5f}, ", end="")
print(f"gradient flow {free:.5f}, central flow {held:.5f}")

# %% [markdown]
# Is it luck? Other weights to begin with:

# %%
for other in (seed + 1, seed + 2):
    one = curvature.run({**run, "seed": other}, steps=half)
    free, held = (one.astray(name)[-1] for name in one.flows)
    print(f"seed {other}: gradient flow astray by {free:.2%} of the way, central by {held:.2%}")

# %% [markdown]
# ## Why there: two numbers
# Along the path, let $x$ be the displacement along the top eigenvector $u$. By Taylor's formula
#
# $$x \leftarrow (1 - \eta\lambda)\, x, \qquad \dot\lambda = a - b\, x^2,$$
#
# with $a = -\nabla\lambda \cdot \nabla L$, by which $\lambda$ would grow, and $b = \tfrac12
# |\nabla\lambda|^2$ (both without their parts along $u$): out on the walls the gradient has a part
# $-\tfrac{x^2}{2}\nabla\lambda$, whichever side one is on, which leads to where the valley is wider.
# (Damian et al. 2023, arXiv 2209.15594.) So $x$ stands still where $\lambda = 2/\eta$, and $\lambda$ where
# $x^2 = a/b$. Here is the run of the stage in the plane of the two, with $a$ and $b$ as the central flow
# has them.

# %%
network = curvature.run(**jumps)
curvature.figures.plane(network)

# %% [markdown]
# It goes around the crossing of the two lines: $\lambda$ climbs over the edge, $x$ grows from next to
# nothing, throws $\lambda$ below the edge, and dies out. The model with the same two numbers, a room of
# its own ([2 · Tuners](02_tuners.ipynb)), goes around as well:

# %%
from curvkit import tuners

model = tuners.model.run(network.as_model())
tuners.model.beside(model, network)

# %%
after = network.step >= network.crossing()
rise, fall = network.balance()
square = (network.distance[after] ** 2 * fall / rise).mean()
print(f"mean x², in units of a/b: network {square:.2f}, model {(model.offset**2).mean():.2f}")

# %% [markdown]
# The model goes around for ever on one orbit, whose size is that of its start; the network's orbits
# differ, as other curvature has a say. On average both are near where the central flow says, at 1.
#
# **The cubic term.** The path of the network zigzags. The loss is not even across the valley: along $u$
# the sharpness has a slope, $u^\top\nabla\lambda$, so that it is higher on one side than on the other, from
# jump to jump. How large is it, by the third derivative, and by the zigzag?

# %%
lam, x = network.sharpness, network.distance
turned = [each[1:-1] - (each[:-2] + each[2:]) / 2 for each in (lam, x)]
slope = (turned[0] @ turned[1]) / (turned[1] @ turned[1])
cubic = abs(network.flow_cubic[network.flow_variance > 0])
print(f"uᵀ∇λ: by the zigzag {abs(slope):.2f}, by the third derivative {cubic.mean():.2f}")

# %% [markdown]
# ## What it says of tuners
# The central flow holds $\lambda$ at $2/\eta$, whatever $\eta$ is; also where a tuner turns $\eta$ at each
# step. A greedy tuner sets $\eta$ so that it hardly jumps: then $X$ is next to nothing, and what is left
# is gradient flow. CDAT keeps jumping, and its edge comes down. **Predict** how far the two flows, at
# each tuner's own rate, are from the run. Here is CDAT beside greedy, both with averages of 0.9.

# %%
knobs = dict(initialization="torch", width=width, seed=seed, ema=0.9, steps=min(steps, 1001))
tuned = tuners.run(knobs, rival="greedy", flow="both")
for at, name in enumerate(("CDAT", "greedy")):
    free, held = (tuned.astray(flow)[-1, at, 0] for flow in tuned.flows)
    levels = [tuned.sharpness[-1, at, 0], *tuned.flow_sharpness[-1, at, 0]]
    print(f"{name}: gradient flow astray by {free:.2%}, central by {held:.2%}; sharpness ", end="")
    print("of the run {:.1f}, of the flows {:.1f} and {:.1f}".format(*levels))

# %%
tuners.figures.edge(tuned)

# %% [markdown]
# And it says what a warm-up is for. Of a large $\eta$ the edge $2/\eta$ lies below the sharpness that a
# network starts with, where there is no path to go around: it may be thrown out. If $\eta$ grows slowly,
# the edge comes down slowly, and takes $\lambda$ along. CDAT, which keeps $x$ alive, does the same with
# no schedule: [2 · Tuners](02_tuners.ipynb) reads a warm-up off its rate, and trains with it.

# %% [markdown]
# ## What is known, and what was measured here
# - *Proved*: where the model of two numbers stands still. That gradient descent on a network follows the
#   central flow is not proved: its authors derive it by an argument about averages.
# - *Measured*: how well the flow foretells each of these runs. Eigenvalues, gradients of
#   eigenvalues and $X$ are those of the true loss, four directions at a time; tests hold them against dense
#   matrices. The flow takes one step of its own for four of training.
#   Of a tuner the rate is taken from the run, and with it the edge: what sets the rate is not foretold.
# - *Not claimed*: anything of other rules: central flows of Adam and RMSProp are known (in the same paper),
#   not here. Nor that each burst is foretold: the flow is of the average.

# %% [markdown]
# ## Break it
# Where a run begins beyond its edge there is nothing to go around, and no central flow is drawn; nor of a
# rule whose flow is not known here.

# %%
begun = dict(learning_rate=0.3, flow_from=0, steps=330)
curvature.tell(curvature.run({**run, **begun}))

# %%
curvature.tell(curvature.run({**run, "rule": "heavy_ball"}, steps=110))

# %% [markdown]
# ## Exercises
# <!-- page: (Best tried in JupyterLab.) -->
#
# 1. Set *flow_from* to 0. How far is the central flow from the run now, and why?
#    <details><summary>Answer</summary>Some 2% of the way at the end, ten times as far. At the start gradients are large and a step of η
#    is not small: the run differs from any flow by terms of η that have nothing to do with the
#    edge.</details>
# 2. Turn η to 0.15. How many eigenvalues does the run hold at the edge, and what is tr X to do with it?
#    <details><summary>Answer</summary>Two, see the dotted λ₂; tr X is the sum of both variances, so that
#    it lies above x², which is of the first alone.</details>
# 3. Take `data="quadratic"`. Does the central flow hold λ = 20 at η = 0.11?
#    <details><summary>Answer</summary>It cannot: there ∇λ = 0, no variance turns the curvature, and the
#    run is thrown out.</details>
# 4. In the model, with a constant rate, begin at x = 0.5 and λ = 2/η. What becomes of the orbit?
#    <details><summary>Answer</summary>It is small: the nearer the start is to the crossing of the two
#    lines, the smaller the orbit. From x = 0.001 it is as large as the first one of the network.</details>

# %% [markdown]
# ## Where it lives in the code
# `curvkit/curvature/_flows.py` has the steps of both flows, `_complementarity.py` finds X, and `_beside.py`
# takes them along a run. `trace.astray("central")` is the distance, `trace.balance()` has a and b, and
# `trace.as_model()` the knobs of the model.
#
# ## Reference
# - J. Cohen, A. Damian, A. Talwalkar, J. Z. Kolter, J. D. Lee: *Understanding Optimization in Deep Learning
#   with Central Flows*, arXiv 2410.24206.
# - A. Damian, E. Nichani, J. D. Lee: *Self-Stabilization: The Implicit Bias of Gradient Descent at the Edge
#   of Stability*, arXiv 2209.15594.
# - D. S. Kalra, M. Barkeshli: *Why Warmup the Learning Rate? Underlying Mechanisms and Improvements*, arXiv
#   2406.09405.
#
# Before: [10_sam](10_sam.ipynb).
