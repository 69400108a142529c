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
#     room: sobolev
#     needs: [scikit-learn]
#     gallery:
#       knobs:
#         slope_weight: [0.01, 0.1, 1.0, 10.0]
#         function: [styblinski_tang, rosenbrock, ackley]
#     quick:
#       steps: 100
# ---

# %% [markdown]
# # 5 · Sobolev training: teach a network the derivatives too
#
# **Claim.** Where slopes of the target are known as well as values, fitting both at $n$ points $x_i$,
#
# $$\frac{1}{n}\sum_i \left( (m - f)^2 + \lambda \left\| \nabla (m - f) \right\|^2 \right)$$
#
# makes a network that is better at both from the same few points. (Czarnecki et al. 2017,
# arXiv 1706.04859.) Below it is so on some functions, and not on others.
#
# <!-- live -->
# ![Two surfaces grow through the same twenty points: learnt from values alone one stays low at its rims; learnt from slopes too the other rises there, steeply, as the target does.](pictures/05_sobolev.webp)
# <!-- /live -->

# %% tags=["parameters"]
steps = 2000
slope_weight = 1.0
learning_rate = 1e-3
seed = 0

# %% [markdown]
# ## Predict
# Twenty random points of a surface with four valleys, and a network with two hidden layers of 64
# rectifiers. It sees twenty values; its twin, from the same first weights, forty slopes as well.
#
# Values are a third of all numbers that the twin is given: does its error on all other points become a
# third of the other's, too? Or is it larger, since the same network has more to fit? Choose in the
# stage below before both learn.

# %% [markdown]
# ## Turn
# *Play* lets both surfaces grow; strokes from the points lead uphill, along the slopes.
# <!-- live -->
# Drag a point, or the end of an arrow to turn a slope: both networks learn anew from what you give. In the
# surface of the function a drag upwards changes the value that a point is told.
# Turn *λ*, a logarithmic knob; choose *ackley*; look at *errors* and *pairs*; put *noise* on the slopes
# until they no longer pay.
# <!-- /live -->

# %%
from curvkit import sobolev

start = dict(steps=steps, slope_weight=slope_weight, learning_rate=learning_rate, seed=seed)
sobolev.stage(**start)

# %% [markdown]
# The same runs in figures.

# %%
sobolev.explore(**start)

# %% [markdown]
# On a line, with a table to edit: move a point or its slope, and both fits follow; the strokes are
# the slopes of the table.

# %%
sobolev.edit(weight=slope_weight)

# %% [markdown]
# ## Look at one run by hand
# Ten pairs of networks are trained at once, each pair on points of its own. The band holds all ten.
# The dashed line is the error of a constant.

# %%
trace = sobolev.run(**start)
sobolev.figures.errors(trace)

# %%
sobolev.figures.pairs(trace)

# %% [markdown]
# ## What is known, and what was measured here
# - *Proved*: networks of smooth units come as near as one likes to a smooth function and to its
#   derivatives at once (Hornik 1991). That says what can be fitted, not from how few points.
# - *Measured*: seven functions, below, ten pairs each. A sign test says whether slopes help or harm
#   beyond chance. Domains, scaling and width are curvkit's own.

# %%
sobolev.compare(weights=(slope_weight,), steps=steps // 2, seed=seed)

# %% [markdown]
# What do slopes do to the loss itself? The sharpness of [1 · Curvature](01_curvature.ipynb), of both
# losses of the first pair along training. **Predict**: which of the two is the steeper?

# %%
sobolev.figures.sharpness(trace)

# %% [markdown]
# **A policy, distilled.** A body learns to go round a rock, with nine pushes to choose from; students
# learn its policy from fifty states of its own. The paper's cheap form takes one random direction
# instead of a whole Jacobian. *Predict*: at half the operations, is it as good?

# %%
sobolev.distil(steps=steps // 4, seed=seed)

# %% [markdown]
# The sentence above the table says how near it comes, and at what cost. Milliseconds a step, by
# number of inputs and beside PyTorch, are measured by `benchmarks/sobolev.py`.
#
# **Synthetic gradients.** The lower half of a network that reads digits is given the gradient of a
# *predicted* loss. *Predict*: is its gradient of use where the prediction was taught values alone?
# And where slopes are taught, do values help as well? Compare the rows.

# %%
from curvkit import data

sobolev.synthetic(*data.digits(1797), steps=3 * steps // 10, seed=seed)

# %% [markdown]
# ## Break it
# Ackley's function oscillates faster than twenty points can tell. The slopes are right, and still
# they do harm: look at the arrows, and at the error on the points trained on.

# %%
ackley = sobolev.run(function="ackley", **start)
sobolev.tell(ackley)

# %%
sobolev.figures.surfaces(ackley)

# %% [markdown]
# Does a smaller weight save it? Errors of values, and of slopes, on three functions; half of the
# pairs are in a band.

# %%
hard = ["styblinski_tang", "ackley", "bukin"]
by_weight = sobolev.compare(hard, weights=(1e-3, 1e-2, 0.1, 1, 10), steps=steps // 2, seed=seed)
sobolev.figures.weights(by_weight)

# %% [markdown]
# Slopes that are wrong by as much as they are large:

# %%
noisy = sobolev.run(slope_noise=1.0, **{**start, "steps": steps // 2})
sobolev.tell(noisy)

# %% [markdown]
# A function without a slope at a point is refused in a sentence by `sobolev.taught`; `kinks` finds such
# points:

# %%
from jax import numpy as jnp

sobolev.kinks(sobolev.FUNCTIONS["bukin"].formula, jnp.array([[-10.0, 1.0], [-9.0, 2.0]]))

# %% [markdown]
# ## Exercises
# <!-- page: (Best tried in JupyterLab.) -->
#
# 1. At which λ do slopes begin to help on Ackley's function with `points=100`?
#    <details><summary>Answer</summary><!-- live -->Turn λ down by factors of ten and look at *pairs*: at<!-- /live --><!-- page: At --> 0.1 no point
#    is below the diagonal, at 0.001 between 6 and 10 of 10 are, by seed; below that both networks become
#    one. Count them before you believe a median.</details>
# 2. Why are inputs and targets scaled before λ is chosen?
#    <details><summary>Answer</summary>A squared slope has the unit of the target's square over that
#    of the input's. Measure inputs in millimetres instead of metres, and the same λ weighs a million
#    times less. `sobolev.Scaling` applies the chain rule to the derivatives.</details>
# 3. With `activation="tanh"`, does the same λ suit?
#    <details><summary>Answer</summary>The slope of a network of rectifiers jumps, that of tanh does
#    not: run `compare` with both, at n = 100.</details>
# 4. What would a second derivative teach a network of rectifiers?
#    <details><summary>Answer</summary>Nothing: its own is zero wherever it exists, so the term has no
#    gradient.</details>

# %% [markdown]
# ## Where it lives in the code
# `curvkit/sobolev/_loss.py` is the loss, for any callable: `sobolev.loss(model, x, y, slopes,
# weights=0.1)`; `sobolev.taught(teacher, x)` reads slopes off a network, and with
# `projections=sobolev.draw(key, x, y)` both take one product a direction instead of a whole
# Jacobian; `sobolev.penalty` is what it adds to another loss of values. `_scaling.py` is the chain
# rule, `_points.py` finds kinks, `_functions.py` holds the seven functions, `_comparison.py` the table,
# `_line.py` the points on a line, `_policy.py` and `_synthetic.py` the two studies.
#
# ## Reference
# W. M. Czarnecki, S. Osindero, M. Jaderberg, G. Swirszcz, R. Pascanu: *Sobolev Training for Neural
# Networks*, NeurIPS 2017, arXiv 1706.04859.
#
# Before: [04_minima](04_minima.ipynb). Next: [06_distillation](06_distillation.ipynb).
