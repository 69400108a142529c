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
#     quick:
#       width: 8
# ---

# %% [markdown]
# # 9 · Your own model: watch it train
#
# **Claim.** The sharpness $\lambda$ of any model can be followed while it trains, in three lines and
# without handing over the loop: each reading,
#
# $$\lambda_t = \max_{\lVert u \rVert = 1} u^\top H(w_t)\, u ,$$
#
# starts from the eigenvectors of those before it, $u_{t-1}, u_{t-2}, \dots$,
# so that a few Hessian-vector products do, and within a budget that you set.
#
# <!-- live -->
# ![The sharpness of a model begins above the dashed edge of its learning rate, is flattened below it within a few steps, and climbs slowly back; beside it the loss falls.](pictures/09_your_own_model.webp)
# <!-- /live -->

# %% tags=["parameters"]
learning_rate = 0.1
width = 32
seed = 0

# %% [markdown]
# ## Predict
# Below, a Flax network learns two hundred handwritten digits by gradient descent at a rate of 0.1, so
# that the edge of stability is at $2/0.1 = 20$. Its sharpness starts above that. **Predict** whether
# training blows up, and which of the three layers is the sharpest in the end.
# <!-- live -->
# The stage below asks as well, as soon as your loop begins, where the sharpness will be at its end.
# <!-- /live -->

# %% [markdown]
# ## Turn
# A model of one's own, in its framework's manner. Nothing here is curvkit's but the data.

# %%
import jax
import optax
from flax import nnx

from curvkit import curvature, data, watch

rngs, batch = nnx.Rngs(seed), data.digits(200)
dense = [nnx.Linear(a, b, rngs=rngs) for a, b in ((64, width), (width, width), (width, 10))]

# %%
model = nnx.Sequential(dense[0], nnx.tanh, dense[1], nnx.tanh, dense[2])
graph, params = nnx.split(model)
predict = lambda params, inputs: nnx.merge(graph, params)(inputs)
error = lambda outputs, batch: 0.5 * ((outputs - batch.targets) ** 2).sum(-1).mean()
loss = lambda params, batch: error(predict(params, batch.inputs), batch)

# %% [markdown]
# The first line of three makes a watch, which reads its threshold from the optimizer; here from one
# that keeps its rate in its state, so that a loop may change it.
# <!-- live -->
# The stage below waits for the loop of the next cell. While it runs, drag the edge $2/\eta$ by its
# handle: where does the sharpness go? *Stop* ends the loop as if it had come to its end.
# <!-- /live -->

# %%
method = optax.inject_hyperparams(optax.sgd)(learning_rate)
watcher = watch(loss, optimizer=method, k=2, per_layer=True, budget=1.0)
watcher.steer()

# %% [markdown]
# The second line, the last of this loop, is called after each step; where no reading is due, or none
# can be afforded, it returns at once. The loop is one's own; that it goes over `watcher.steps` and
# asks for its rate is what gives the stage a hand in it, and is left out where nobody wants one.

# %%
state, gradient, update = method.init(params), jax.jit(jax.grad(loss)), jax.jit(method.update)
apply = jax.jit(optax.apply_updates)
for step in watcher.steps(3000):
    state.hyperparams["learning_rate"] = watcher.learning_rate(learning_rate)
    updates, state = update(gradient(params, batch), state, params)
    params = apply(params, updates)
    watcher.observe(params, state, step, batch)

# %% [markdown]
# ## Look at what was recorded
# The third line draws, tells or saves it; what it tells is computed from the readings.

# %%
watcher.tell()

# %%
watcher.play("edge")

# %% [markdown]
# Of each layer by itself: the largest eigenvalue of its block of the Hessian. The whole is at least as
# sharp as any of its layers.

# %%
watcher.figure("layers")

# %% [markdown]
# What it cost: seconds of reading for each second of training (compiling apart), and the products of
# a Hessian with a vector that a reading of the whole took; those for the layers come on top.

# %%
cost, trace = watcher.pace, watcher.trace
print(f"{trace.readings} readings, {cost.share:.2f} of the training time; compiled in ", end="")
print(f"{cost.compiling:.1f} s; {trace.products.mean():.1f} products a reading")

# %% [markdown]
# ## On batches
# Steps on batches meet another sharpness than that of all data: the curvature of a batch's loss along
# its own gradient. Given all data and a size, the watch draws batches and reads both.

# %%
take = lambda rows: jax.tree.map(lambda each: each[rows], batch)
noisy = watch(loss, learning_rate=learning_rate, batch_size=16, every=33, budget=None)
weights, noisy_state = nnx.split(model)[1], method.init(params)
for step in range(1000):
    rows = jax.random.choice(jax.random.key(step), 200, (16,), replace=False)
    updates, noisy_state = update(gradient(weights, take(rows)), noisy_state, weights)
    weights = apply(weights, updates)
    noisy.observe(weights, None, step, batch)

# %%
noisy.tell()

# %%
noisy.figure("batches")

# %% [markdown]
# ## A transformer
# Nothing of it asks for a perceptron. Two layers of attention learn the Zen of Python, character by
# character, at a rate of 1, whose edge is at 2. They begin beyond it as well.

# %%
pieces, net = data.characters(512), dict(loss="cross_entropy", activation="gelu", width=16)
start, text_loss, _ = curvature.task("transformer", *pieces, **net)
weights, attending = start(jax.random.key(seed)), watch(text_loss, learning_rate=1.0, budget=None)
slope = jax.jit(jax.grad(text_loss))
for step in range(300):
    weights = weights - slope(weights)
    attending.observe(weights, None, step)
attending.tell()

# %% [markdown]
# ## More of the spectrum
# The sharpness is one number of many. The sum of all eigenvalues (with its standard error), how many
# of them are next to nothing beside the largest, by the spectral density, and the Gauss-Newton matrix,
# which is what the Hessian would be if the network were linear in its weights:

# %%
key, final = jax.random.key(seed), lambda params: loss(params, batch)
trace, error_of_it = curvature.hessian_trace(final, params, key=key, samples=64)
density = curvature.spectral_density(final, params, key=key, samples=4, order=30)
small = abs(density.nodes) < 0.01 * density.nodes.max()
print(f"trace {trace:.1f} ± {error_of_it:.1f}; ", end="")
print(f"within 1 % of zero: {float((density.weights * small).sum(1).mean()):.0%} of them")

# %%
outputs, criterion = lambda p: predict(p, batch.inputs), lambda out: error(out, batch)
bent = curvature.gauss_newton_eigenvalues(outputs, criterion, params, key=key)
sharp = curvature.sharpness(final, params, key=key)
print(f"largest eigenvalue: Hessian {sharp:.2f}, Gauss-Newton {bent[0]:.2f}")

# %% [markdown]
# ## What is known, and what was measured here
# - *Proved*: a block of a symmetric matrix has no larger eigenvalue than the whole.
# - *Measured*: the numbers above, by the run they stand beside. On data of this size a step takes a
#   fraction of a millisecond, and a reading the time of ten to thirty of them; on a large model a
#   reading costs about as many gradients as it makes products, twice over, those for layers included.
# - *Not claimed*: that the sharpness on one batch is that of all the data. Give `observe` all of it,
#   or `curvature.over_batches(loss, loader)` where it does not fit into memory at once.

# %% [markdown]
# ## Break it
# The mistakes that everybody makes first, each answered in a sentence:

# %%
mistakes = (
    lambda: watch(loss, optimizer=method, every=0),
    lambda: watch(loss, optimizer=method).observe(params, state, 0),
    lambda: watch(predict, optimizer=method).observe(params, state, 0, batch.inputs),
    lambda: watch(loss, rule="adam", learning_rate=0.05).observe(params, state, 0, batch),
    lambda: watch(loss, learning_rate=0.05).observe(params, state, 0, batch),
)

# %%
for mistake in mistakes:
    try:
        mistake()
    except ValueError as refusal:
        print("·", refusal)

# %% [markdown]
# ## Exercises
# <!-- page: (Best tried in JupyterLab.) -->
#
# 1. Plug in a model of your own: anything with parameters in a pytree and a loss of them.
#    <details><summary>Answer</summary>The two cells above the watch are all that changes. Activation functions,
#    integers and statistics in the pytree are held as they are; `trained=` says what else is.</details>
# 2. Train with Adam: `learning_rate = 1e-3`, and `optax.adam` in the place of `optax.sgd`, is all that
#    changes. Where is the edge?
#    <details><summary>Answer</summary>At 38 for ηλ of the preconditioned Hessian. The rate and β₁ are
#    read from the optimizer, its second moments from its state.</details>
# 3. Watch within `jax.lax.scan`.
#    <details><summary>Answer</summary>`seen = watcher.begin(params)` goes into the carry,
#    `seen, row = watcher.pure_observe(seen, params, state, step, batch)` into the body, and what the
#    scan stacks of the rows into `watcher.collect(rows)`.</details>

# %% [markdown]
# ## Where it lives in the code
# `curvkit/watching/` is the watch: `_measure.py` one reading, `_pace.py` the budget, `_optimizer.py` what
# is read from an optimizer, `_hand.py` the hand in the loop. The eigenvalues are `curvkit/curvature/_eigenpairs.py`'s, the edges
# `_edges.py`'s, layers `_blocks.py`'s, trace and density `_spectrum.py`'s.
#
# ## Reference
# - J. Cohen, S. Kaur, Y. Li, J. Z. Kolter, A. Talwalkar: *Gradient Descent on Neural Networks Typically
#   Occurs at the Edge of Stability*, ICLR 2021, arXiv 2103.00065.
# - A. Andreyev, P. Beneventano: *Edge of Stochastic Stability*, arXiv 2412.20553.
# - B. Ghorbani, S. Krishnan, Y. Xiao: *An Investigation into Neural Net Optimization via Hessian
#   Eigenvalue Density*, ICML 2019, arXiv 1901.10159.
#
# Before: [08_selection](08_selection.ipynb). Next: [10_sam](10_sam.ipynb).
