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
#     room: kernels
#     needs: [scikit-learn]
#     gallery:
#       knobs:
#         depth: [5, 20, 50, 100, 200]
#         zeta: [1.1, 1.5, 3.0, 5.0]
#     quick:
#       depth: 20
# ---

# %% [markdown]
# # 3 · Kernels: four numbers make a very deep network trainable
#
# **Claim.** A deep network forgets what it is given: with most activations all inputs come to look
# alike, layer by layer.
# Replace its activation $\varphi$ by
#
# $$\hat\varphi(x) = \gamma\,(\varphi(\alpha x + \beta) + \delta)$$
#
# with four numbers that depend on the architecture, and its kernel stays near the identity at any
# depth. (Deep Kernel Shaping: Martens et al. 2021, arXiv 2110.01765; TAT: Zhang, Botev, Martens
# 2022, arXiv 2203.08120.)
#
# <!-- live -->
# ![Two circles of ten points, layer by layer: in the plain network all points run together into one, in the shaped network they stay apart.](pictures/03_kernels.webp)
# <!-- /live -->

# %% tags=["parameters"]
activation = "softplus"
method = "dks"
depth = 50
zeta = 1.5
seed = 0

# %% [markdown]
# ## Predict
# Take two inputs whose cosine is $c$, and ask for the cosine of what 50 layers make of them. For a
# network of infinite width that is a function of $c$, its *C map*: the composition of 50 times the
# map of one layer.
#
# Before you run the next cell: what does the C map of 50 plain softplus layers look like? Where do
# two opposite inputs, $c = -1$, end up?

# %% [markdown]
# ## Turn
# *Play* goes down the network layer by layer; the green band is where the shaped map is proved to
# lie.
# <!-- live -->
# Drag the depth and ζ; change the method to *tat*; look at the other figures: *activation* has
# the four conditions, *sampled* networks of finite width, *roots* all that meet the conditions.
# <!-- /live -->

# %%
from curvkit import kernels

start = dict(activation=activation, method=method, depth=depth, zeta=zeta, seed=seed)
kernels.stage(**start)

# %% [markdown]
# The same network in figures.

# %%
kernels.explore(**start)

# %% [markdown]
# ## Look at one run by hand
# The sentence below is computed from the trace.

# %%
settings = kernels.Settings(activation=activation, method=method, depth=depth, zeta=zeta, seed=seed)
trace = kernels.run(settings)
kernels.tell(trace)

# %% [markdown]
# The four conditions under DKS are $Q(1) = 1$, $Q'(1) = 1$, $C(0) = 0$, and that no part of the
# network has a steeper C map at 1 than ζ. The gauges say by how much each is missed.

# %%
kernels.figures.activation(trace)

# %% [markdown]
# One layer's map is a power series $C(c) = \sum_k b_k c^k$ whose weights are squares of Hermite
# coefficients, so that they are positive and sum to 1. Shaping moves nearly all of it to $k = 1$.

# %%
kernels.figures.local(trace)

# %% [markdown]
# ## An architecture with shortcuts
# A branch is a network, too, and the target holds for the steepest part. **Predict**: with two
# blocks and shortcuts of weight 0.95, is it the whole network, or a branch?
# <!-- live -->
# Turn *wiring*, *blocks* and *w* in the panel above.
# <!-- /live -->

# %%
short = kernels.Settings(activation=activation, method=method, blocks=2, weight=0.95)
kernels.figures.architecture(kernels.run(short))

# %% [markdown]
# ## In your own network
# `shape` takes a name or any JAX function, and a depth or an architecture as data. Plain sums are
# refused, since lengths would grow: a residual branch needs weights whose squares add up to 1.

# %%
network = kernels.residual(25, 2, weight=0.8)
shaped = kernels.shape("softplus", network, "dks")
{"alpha": shaped.alpha, "beta": shaped.beta, "missed by": max(map(abs, shaped.residuals.values()))}

# %% [markdown]
# ## Networks of finite width
# The theory is of infinite width. **Predict**: are Gaussian or orthogonal weights nearer to it?
# Below are sampled networks of width 256 with Gaussian weights.
# <!-- live -->
# Choose *sampled* in the panel above, where weights are orthogonal, to compare.
# <!-- /live -->

# %%
gaussian = kernels.run(activation=activation, method=method, depth=depth, orthogonal=False)
kernels.figures.sampled(gaussian)

# %% [markdown]
# ## The race
# Three networks with the same weights, the same batches and the same learning rate; they differ in
# the four numbers alone. **Predict** the plain one's test accuracy after 100 steps; guessing gives
# one in ten.

# %%
from curvkit.kernels import race

race.explore(activation=activation, depth=depth, zeta=zeta, seed=seed)

# %%
raced = race.run(activation=activation, depth=depth, zeta=zeta, seed=seed)
race.tell(raced)

# %% [markdown]
# Before the first step, the plain network's last layer gives all digits nearly the same output, as
# the figure above foretold. There is nothing left to tell them apart by.

# %% [markdown]
# ## What is known, and what was measured here
# - *Proved*: for infinite width the maps are exact. Since all $b_k \ge 0$, a DKS network's map lies
#   below the diagonal on $[0, 1]$ by at most $1 - 1/\zeta$.
# - *Derived here and tested*: with depth the C map goes to $c / (c + \zeta(1 - c))$, the same for
#   every smooth activation.
# - *Measured*: the sentences above; they are computed from the runs.
# - *Not claimed*: that depth helps here. Compare the next cell, logistic regression on the same
#   pixels, with the race: it shows that deep networks can be *trained*, nothing more.
# - *Not claimed*: that plain networks never train. A plain tanh network with orthogonal weights does
#   (see *Break it*), because with shrinking inputs it is nearly linear.
# - Orthogonal weights are part of the effect: with Gaussian ones shaped networks train, too, but leave
#   more than twice as many digits wrong, as the second cell below says. The test digits were also
#   looked at to choose the learning rate, so read the accuracies as trainability and not as a
#   benchmark.

# %%
{"test accuracy of logistic regression": race.linear_accuracy()}

# %%
race.tell(race.run(depth=depth, seed=seed, orthogonal=False))

# %% [markdown]
# ## Break it
# The same race with tanh: is there anything left to win?

# %%
race.tell(race.run(activation="tanh", depth=depth, seed=seed))

# %% [markdown]
# And what cannot be had: TAT wants a leaky ReLU network to send orthogonal inputs to $C(0) = 0.9$.
# Five layers cannot bend so far; the room shows the most that they can.

# %%
shallow = kernels.Settings(activation="leaky_relu", method="tat", depth=5)
kernels.tell(kernels.run(shallow))

# %% [markdown]
# ## Exercises
# <!-- page: (To be tried in JupyterLab, where the knobs turn.) -->
#
# 1. Why does shaping with ζ = 1 make no sense?
#    <details><summary>Answer</summary>The map then has slope 1 at 1 and goes through 0 at 0; being
#    convex it is the identity, and the network is linear.</details>
# 2. Sigmoid and tanh give the very same shaped function. Why?
#    <details><summary>Answer</summary>tanh(x) = 2 sigmoid(2x) − 1: one is a scaled and shifted
#    copy of the other, and the four numbers take that up.</details>
# 3. Choose gelu, and look at *lengths*. What does the plain network lose?
#    <details><summary>Answer</summary>Less the angles (cosines 0 and 0.5 go to 0.30 and 0.55) than
#    the lengths: the mean square goes to zero, by many orders of magnitude.</details>
# 4. How does the noise of sampled networks fall with width?
#    <details><summary>Answer</summary>Like one over the square root of the width: four times as
#    wide, half as noisy.</details>

# %% [markdown]
# ## Where it lives in the code
# `curvkit/kernels/_shaping.py` has `shape`, `_solve.py` and `_starts.py` find the roots, `_networks.py`
# holds architectures as data, `_architecture.py` makes them from knobs, `_maps.py` and
# `_rectifiers.py` hold the maps, `_finite.py` samples networks, `_initializers.py` has orthogonal and
# delta weights; `race/` trains.
#
# ## Reference
# J. Martens, A. Ballard, G. Desjardins, G. Swirszcz, V. Dalibard, J. Sohl-Dickstein,
# S. Schoenholz: *Rapid training of deep neural networks without skip connections or normalization
# layers using Deep Kernel Shaping*, arXiv 2110.01765.
# G. Zhang, A. Botev, J. Martens: *Deep Learning without Shortcuts: Shaping the Kernel with Tailored
# Rectifiers*, ICLR 2022, arXiv 2203.08120.
#
# Before: [02_tuners](02_tuners.ipynb). Next: [04_minima](04_minima.ipynb).
