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
#     room: sam
#     needs: [scikit-learn]
#     gallery:
#       knobs:
#         rho: [0.0, 0.01, 0.03, 0.1, 0.3, 1.0]
#         learning_rate: [0.03, 0.1, 0.3]
#     quick:
#       steps: 132
# ---

# %% [markdown]
# # 10 · SAM: an edge of its own, and far lower
#
# **Claim.** Sharpness-aware minimisation takes its gradient not at $w$ but at the worst point within
# $\rho$, $w + \rho\, g / \lVert g \rVert$, and steps from $w$. Where gradient descent brings a network
# to the sharpness $\lambda = 2/\eta$, SAM brings it to
#
# $$\lambda^* = \frac{\lVert g \rVert}{2\rho} \left( \sqrt{1 + \frac{8\rho}{\eta \lVert g \rVert}} - 1
# \right) < \frac{2}{\eta}$$
#
# an edge that moves with the size of the gradient. (Foret et al. 2021, arXiv 2010.01412; Long and
# Bartlett 2024, arXiv 2309.12488.) Below it is so, up to a factor that grows with $\rho$.
#
# <!-- live -->
# ![A ball jumps in a valley, with two rings up the wall where SAM takes its gradient; beside it the sharpness of SAM falls along its own dashed edge, while that of gradient descent climbs to a far higher one.](pictures/10_sam.webp)
# <!-- /live -->

# %% tags=["parameters"]
rho = 0.1
learning_rate = 0.1
steps = 2002
width = 32
seed = 0

# %% [markdown]
# ## Predict
# The network of [1 · Curvature](01_curvature.ipynb) starts at a sharpness of about 9, and gradient
# descent at $\eta = 0.1$ climbs from there to 20. A second copy starts from the same weights and is
# trained by SAM with $\rho = 0.1$.
#
# The stage below asks where the sharpness of the copy will be in the end, in parts of the edge of
# gradient descent. Decide as well whether it climbs there or falls, and which of the two will have
# the lower loss.

# %% [markdown]
# ## Turn
# The ball is where SAM stands along its sharpest direction, in the parabola that its sharpness makes;
# the rings up the wall are where its last two gradients were taken. The slope there is the steeper one,
# so the step is the longer one, and jumps the farther. The dashed parabola is the sharpest that would
# hold it.
# <!-- live -->
# Press *ρ = 0.3* while it trains, then *ρ = 0*, or drag the line $2/\eta$: training goes on from where
# it is.
# <!-- /live -->

# %%
from curvkit import sam

start = dict(rho=rho, learning_rate=learning_rate, steps=steps, width=width, seed=seed)
sam.stage(**{**start, "steps": min(steps, 900)})

# %% [markdown]
# Both runs in figures, to their end. Orange is SAM, blue gradient descent; dotted the edge of SAM, dashed that
# of gradient descent. In the lower panel both are in units of their own edge.
# <!-- live -->
# Drag $\rho$ to 0.01, to 0.3, to 1, then to 0, and look at *gradient* and *loss* as well.
# <!-- /live -->

# %%
sam.explore(**start)

# %% [markdown]
# ## Look at one run by hand
# The sentences above are computed from that run. SAM is at its edge after a few dozen steps, long before
# gradient descent is at its own: the edge is so low that the first weights are about there. What does it
# buy? At the end the loss of SAM is the higher one, but a step of length $\rho$ uphill raises it much less:

# %%
trace = sam.run(**start)
sam.figures.loss(trace)

# %% [markdown]
# ## Why there: the quadratic
# On a quadratic with Hessian $H$ the gradient is $g = Hw$, and a step of SAM is
#
# $$w \leftarrow w - \eta\left(H + \frac{\rho}{\lVert g\rVert} H^2\right) w .$$
#
# So along an eigenvector of eigenvalue $\lambda$ a step is longer by the factor
# $1 + \rho\lambda/\lVert g \rVert$, and instead of $\eta\lambda = 2$ the edge is at
# $\eta\lambda\,(1 + \rho\lambda/\lVert g\rVert) = 2$, which gives $\lambda^*$. But a quadratic cannot
# change its sharpness. **Predict**: at $\lambda = 15$, $\eta = 0.1$ gradient descent converges. What does
# SAM do?

# %%
parabola = dict(data="quadratic", steps=60, every=1, learning_rate=0.1, rho=0.1)
sam.explore(figure="bounce", **parabola)

# %% [markdown]
# It never arrives. Near the bottom $\lVert g \rVert$ is small, so $\lambda^*$ is below 15 and the
# iterate is thrown out; far away $\lambda^*$ is above 15 and it comes in. It ends by jumping from side to
# side at the distance $\rho\eta\lambda/(2-\eta\lambda)$, the dotted lines, where $\lambda^* = \lambda$ (Bartlett,
# Long and Bousquet 2023, arXiv 2210.01513). On a quadratic the edge comes to the sharpness; on a
# network the sharpness can come to the edge, too.

# %% [markdown]
# ## How far ρ reaches
# **Predict**: if $\rho$ is multiplied by 10, is the sharpness divided by 10? And is it at the edge for
# each $\rho$?

# %%
for value in (0.001, 0.01, 0.1, 0.3, 1.0):
    m = (trace if value == rho else sam.run({**start, "rho": value})).merits()
    level, edge, ratio = m["settled_sharpness"], m["settled_edge"], m["settled_ratio"]
    print(f"ρ = {value}: λ {level:.2f}, λ* {edge:.2f}, ratio {ratio:.3f}", end=", ")
    print(f"loss {m['settled_loss']:.3g} ({m['settled_plain_loss']:.3g} of gradient descent)")

# %% [markdown]
# Even a thousandth is felt. For large $\rho$ the edge goes as $\sqrt{2\lVert g\rVert/(\eta\rho)}$, so that ten
# times the $\rho$ is about a third of the sharpness where the gradient stays the same. And SAM is not
# *at* its edge, but a little above it, the more the larger $\rho$ is.
#
# The quadratic told another thing, which the network does not do: there all of the gradient comes to
# lie along the top eigenvector. Here it does so under gradient descent at times, and under SAM hardly
# at all.

# %%
sam.figures.gradient(trace)

# %%
for method, name in enumerate(("SAM", "gradient descent")):
    share, length = trace.settled("alignment", method), trace.settled("gradient_norm", method)
    print(f"{name}: share of the gradient along the top {share:.2f}, its length {length:.3f}")

# %% [markdown]
# ## What is known, and what was measured here
# - *Proved*: on a quadratic the edge and the bounce above. Why a network comes to its edge is not
#   proved; the paper finds that it does on MNIST, CIFAR-10 and a small language model.
# - *Measured*: all that is said of the network, by the cells that say it. The sharpness is
#   within a tenth of the paper's edge for $\rho$ up to 0.1; at $\rho = 1$ it is half as much again above
#   it, so there the formula, which takes the loss for a quadratic as far as $\rho$ reaches, is no longer
#   the edge of this network.
# - *Not claimed*: that a flatter network is better on digits it has not seen, which is what SAM was
#   made for; nothing here measures it. On the digits trained on its loss is higher after as many
#   steps, of twice the cost.

# %% [markdown]
# ## Break it
# No $\rho$ makes SAM stable where gradient descent is not: $\lambda^*$ is below $2/\eta$ for each. The
# quadratic again, at a rate of 0.15 instead of 0.1, so that $2/\eta = 13.3$ is below its sharpness:

# %%
broken = sam.run(data="quadratic", steps=300, every=1, learning_rate=0.15)
sam.tell(broken)

# %%
sam.figures.bounce(broken)

# %% [markdown]
# ## Exercises
# <!-- page: (Best tried in JupyterLab.) -->
#
# 1. Set *ρ* to 0. Which curves coincide, and why?
#    <details><summary>Answer</summary>All of SAM with all of gradient descent, and λ* with 2/η: the worst
#    point within 0 is where one is.</details>
# 2. Train five times as long (`steps=10010`, `every=55`). What becomes of the sharpness of SAM, and of
#    that of gradient descent?
#    <details><summary>Answer</summary>SAM's falls from 3.7 to about 2.3: as the loss falls the gradient
#    shrinks, and the edge with it. Gradient descent stays at 20.</details>
# 3. At which $\eta$ does the bounce on the quadratic become as wide as ten times ρ?
#    <details><summary>Answer</summary>Where ηλ/(2 − ηλ) = 10, so ηλ = 20/11, at η = 0.121 for λ = 15. At
#    2/15 it has no bound.</details>
# 4. Turn η down to 0.03. Gradient descent does not come to its edge in 2002 steps. Does SAM?
#    <details><summary>Answer</summary>Yes, after some 130 steps: its edge falls with the gradient, to
#    below the sharpness that the network started with.</details>
# 5. In your own loop, does it have to be written anew?
#    <details><summary>Answer</summary>No: `optax.contrib.sam` wraps any optax optimizer, and the room's
#    tests hold it to be the same step. `sam.sam_edge(norm, rate, rho)` is the edge to draw beside
#    `curvature.sharpness`.</details>

# %% [markdown]
# ## Where it lives in the code
# `curvkit/sam/_sharpness_aware.py` has the step, the edge and the bounce: `sam.sam_gradient(loss, params,
# rho)` takes any pytree, so `params - rate * gradient` is a step. `experiment.py` trains both at once:
# gradient descent is SAM with ρ = 0.
#
# ## Reference
# - P. Foret, A. Kleiner, H. Mobahi, B. Neyshabur: *Sharpness-Aware Minimization for Efficiently Improving
#   Generalization*, ICLR 2021, arXiv 2010.01412.
# - P. M. Long, P. L. Bartlett: *Sharpness-Aware Minimization and the Edge of Stability*, JMLR 2024, arXiv
#   2309.12488.
# - P. L. Bartlett, P. M. Long, O. Bousquet: *The Dynamics of Sharpness-Aware Minimization: Bouncing Across
#   Ravines and Drifting Towards Wide Minima*, JMLR 2023, arXiv 2210.01513.
#
# Before: [09_your_own_model](09_your_own_model.ipynb). Next: [11_why_the_edge](11_why_the_edge.ipynb).
