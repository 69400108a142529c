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
#     room: tuners
#     needs: [scikit-learn]
#     gallery:
#       knobs:
#         sigma: [1.0, 1.5, 1.9, 2.0, 2.05]
#         learning_rate: [0.05, 0.1, 0.15, 0.3, 0.6]
#     quick:
#       steps: 66
# ---

# %% [markdown]
# # 2 · Tuners: greedy wins each step and loses the race
#
# **Claim.** For gradient descent on all of the data, a learning rate tuned to do best at the *next*
# step does badly in the long run. CDAT takes, for a direction $u$ and the gradient $g$,
#
# $$\eta = \sigma\,\frac{\max(-g^\top u,\, 0)}{|u^\top H u|},$$
#
# where $\sigma = 1$ is the greedy step and $\sigma = 2$ the longest one that a quadratic would
# forgive. The longer step loses the comparisons over one step, and wins the race.
# (Roulet et al. 2024, *Stepping on the Edge*, arXiv 2407.06183.)
#
# <!-- live -->
# ![Two curves of sharpness, each with the edge of its rate: CDAT's falls together with its edge and stays just above it, that of a constant rate settles on its fixed edge.](pictures/02_tuners.webp)
# <!-- /live -->

# %% tags=["parameters"]
sigma = 2.0
learning_rate = 0.15
steps = 2002
seed = 0

# %% [markdown]
# ## What greed comes to
# A transformer of two layers learns the Zen of Python, character by character, by gradient descent:
# once with a constant rate, and once with the rate that a parabola along the gradient says is best at
# each step. **Predict** what becomes of the greedy rate, and of the sharpness $\lambda$, the largest
# eigenvalue of the Hessian. What is said of it below is computed from the run.

# %%
from curvkit import claims, tuners

net = dict(task="transformer", loss="cross_entropy", activation="relu", width=16, examples=512)
net |= dict(tuner="greedy", initialization="torch", learning_rate=1.0)
text = tuners.run(net, steps=min(steps, 297), seed=seed)
tuners.tell(text)

# %%
paper, levels = claims.of("02_tuners"), [text.settled("sharpness", each) for each in (0, 1)]
paper.note(text_loss=text.best(0) / text.best(1), text_sharpness=levels[0] / levels[1])
tuners.figures.race(text)

# %% [markdown]
# The best step of each moment keeps out of the walls of the valley; nothing flattens the valley then,
# which gets sharper and sharper, and the best step shorter and shorter. The constant rate cannot
# follow: it bounces, and so stays where $\lambda$ is about $2/\eta$ or less.

# %% [markdown]
# ## Predict
# A small network starts with a sharpness of about 28, so a constant rate has to stay below
# $2/28 \approx 0.07$, or jump at first. CDAT is given no rate at all. The stage below lets you bet on one
# of the two. Decide as well what CDAT's rate does: does it fall, stay or grow, and does the sharpness
# follow it or flee?

# %% [markdown]
# ## Turn
# Orange is CDAT, blue a constant rate. *Play* draws the race as it was run.
# <!-- live -->
# Set $\sigma$ to 1.9, then to 1, then to 2.05. Choose another rival: Polyak, a warm-up, a line search.
# In the figures below, *flow* among the other knobs lays gradient flow and the central flow over each
# run, at the rate that it has: [11 · Why the edge](11_why_the_edge.ipynb) says what they are.
# <!-- /live -->

# %%
from curvkit import tuners

tuners.stage(sigma=sigma, learning_rate=learning_rate, steps=min(steps, 600), seed=seed)

# %% [markdown]
# The whole race in figures.

# %%
tuners.explore(sigma=sigma, learning_rate=learning_rate, steps=steps, seed=seed)

# %% [markdown]
# ## Look at one run by hand
# Under CDAT the sharpness comes down and the rate goes up: a warm-up that nobody scheduled. Here is
# that run once more, to be looked into; watch it jump. Left
# above, the loss across the valley, along the top eigenvector, with the iterate in it; below, the loss
# along the step it takes next, where 1 is the step and the dotted curve the parabola that CDAT sees;
# right, rate, sharpness and their product, in step. Press *Play*.

# %%
trace = tuners.run(sigma=sigma, learning_rate=learning_rate, steps=steps, seed=seed)
grown = trace.settled("learning_rate", 0) / trace.learning_rate[0, 0, 0]
paper.note(rate_grown=grown, edge=trace.settled("scaled_sharpness", 0), steps=steps)
tuners.play(trace)

# %% [markdown]
# ## A warm-up, read off and used
# So read it off: a peak, the median of CDAT's rate over the last half, and a length, until its running
# median is at nine tenths of that. **Predict** what becomes of a run that is given this warm-up as a
# schedule, with no curvature taken at all; and of one that has the peak from its first step on.

# %%
read = trace.as_warm_up()
given = dict(learning_rate=read.peak, warm_up_steps=read.steps, steps=steps, seed=seed)
planned = tuners.run(given, tuner="warm_up", rival="constant")
paper.note(planned=planned.best(0) / trace.best(0), above=trace.best(1) / planned.best(0))
print(f"read off CDAT's rate: {read.steps} steps to {read.peak:.3f}; least late loss: ", end="")
print(f"warm-up {planned.best(0)[0]:.2e}, CDAT {trace.best(0)[0]:.2e}, ", end="")
print(f"constant {trace.best(1)[0]:.2e}")
tuners.figures.race(planned)

# %% [markdown]
# Why a warm-up works: from the start the edge of the peak, $2/\eta$, is far below the sharpness, and a
# run that begins there is thrown out. As the rate grows slowly, its edge comes down onto $\lambda$ and takes
# it along, so that the peak is within the edge by the time it is there. (Kalra and Barkeshli 2024,
# arXiv 2406.09405; [11 · Why the edge](11_why_the_edge.ipynb) shows what holds $\lambda$ at the edge.) CDAT
# finds the peak by itself; of those who know it, the schedule has the lower loss.

# %% [markdown]
# ## Greedy wins each step
# From each point of that very run, compare two steps along the same direction: the whole step of
# CDAT, and the share $1/\sigma$ of it, which is the greedy one. Which of them lowers the loss more,
# and at what share of the readings? (Losses after a greedy and after a whole step, over the loss
# before; then the share of readings at which greedy is at least as good.)

# %%
whole, greedy = trace.after(1.0), trace.after(1.0 / sigma)
before, wins = trace.loss[:, 0, 0], greedy <= whole
paper.note(one_step=wins.mean())
print(f"loss after one step: greedy × {(greedy / before).mean():.4f}, ", end="")
print(f"CDAT × {(whole / before).mean():.4f}; greedy at least as good: {wins.mean():.1%}")

# %% [markdown]
# And now the race, from PyTorch's gentler start: greedy beside a constant rate of 0.4. (Its
# numerator and denominator are averaged, `ema=0.9`; without, a greedy rate flips between two
# values at each step.)

# %%
start = dict(initialization="torch", learning_rate=0.4, ema=0.9, steps=steps, seed=seed, every=33)
slow = tuners.run(sigma=1.0, **start)
sharp = slow.settled("sharpness", 0) / slow.settled("sharpness", 1)
paper.note(slow=slow.best(0) / slow.best(1), sharpness=sharp)
paper.note(held=slow.settled("scaled_sharpness", 1))
tuners.figures.race(slow)

# %% [markdown]
# ## Why η·λ ≈ 2 alone proves nothing
# Both may sit at the edge. What differs is how much of the gradient lies along the top eigenvector,
# the *alignment*. If all other directions are flat, CDAT has
# $\eta\lambda = \sigma / \text{alignment}^2$, so that it rests at the edge where
#
# $$\text{alignment}^2 = \frac{\sigma}{2} .$$
#
# **Predict** the alignment for $\sigma$ = 1, 1.5 and 1.9, and who has the lowest loss.

# %%
shares = {}
for value in (1.0, 1.5, 1.9, 2.0):
    one = slow if value == 1.0 else tuners.run(sigma=value, **start)
    product, shares[value] = one.settled("scaled_sharpness", 0), one.settled("alignment", 0)
    print(f"σ = {value}: η·λ {product:.3f}, alignment² {shares[value]:.3f}, ", end="")
    print(f"λ {one.settled('sharpness', 0):.1f}, loss {one.best(0)[0]:.2g}")
paper.note(law=[abs(shares[value] - value / 2) for value in (1.0, 1.5, 1.9)])

# %% [markdown]
# In a run of the default length the sharpness is high for each σ below 2, and at 2 it falls, and
# the loss with it. A model with two numbers explains the
# jump, the displacement $x$ along the top eigenvector and the sharpness: λ shrinks only while
# $b x^2 > a$, and CDAT keeps $x^2 = (g_0/\lambda)^2\,\sigma/(2-\sigma)$ alive, which has no bound
# as $\sigma$ goes to 2.
# <!-- live -->
# Turn σ, and the bulk gradient $g_0$: where does λ turn around?
# <!-- /live -->

# %%
tuners.model.stage()

# %%
tuners.model.explore(steps=1500)

# %% [markdown]
# ## Against constants that were tuned
# One constant is no rival: nobody keeps the first rate that comes to mind. Below, each dot is a
# constant rate, trained from two starts; a cross says that a start diverged with it. The levels
# are methods that were given no rate. **Predict** who ends below the best dot: on gradient descent,
# from LeCun's sharp start, and on Adam, whose edge is at 38 of the *preconditioned* sharpness.

# %%
many = dict(seeds=2, steps=min(steps, 500), seed=seed)
adam = dict(many, base="adam", initialization="torch")
note = lambda gd, adam: paper.note(
    gd_gain=gd.gain("CDAT σ = 2"), adam_gain=adam.gain("CDAT σ = 1.9"),
    adam_armijo=adam.gain("Armijo"),
)  # fmt: skip
tuners.draw(many, adam, then=note)

# %% [markdown]
# Mind the twist: on Adam the line search is no loser. The claim at the top is one of gradient descent.
# <!-- live -->
# The button trains them; pressed again, it runs four bases from five starts, for longer.
# <!-- /live -->

# %% [markdown]
# ## On small batches
# On batches the gradient has noise in it, and the abstract says that this is why some tuners which fail
# on all examples did well before: at the right size of batches. **Predict** where Armijo's line search beats every constant, and
# where it does not; which σ is the best at batches of 8; and whether averages of 0.9 over steps, by
# which CDAT may divide, help. (The cells have late losses, of two starts; blue is below the best
# constant rate.)
# <!-- live -->
# A click on a cell trains with what it stands for, and plays the run.
# <!-- /live -->

# %%
noisy = dict(initialization="torch", max_learning_rate=2.0, rates=(0.1, 0.2, 0.3, 0.4))
noisy |= dict(sigmas=(1.0, 1.5, 2.0), emas=(0.0, 0.9), seed=seed, seeds=2, steps=min(steps, 500))
note = lambda few: paper.note(
    armijo_8=few.gain("Armijo", 0), armijo_32=few.gain("Armijo", 1),
    armijo_all=few.gain("Armijo", 2), torch_gain=few.gain("CDAT σ = 2", 2),
)  # fmt: skip
tuners.draw(noisy | dict(batches=(8, 32, 0)), heat=True, then=note)

# %% [markdown]
# On each batch CDAT without averages makes $\eta$ times the curvature along the batch's own gradient
# equal to σ: what settles by itself under a constant rate, the *batch sharpness* of notebook 1, it sets.
#
# ## Where it fails
# Above 2, over twice as many steps, the valley is flattened more than training can use: compare with
# σ = 2 over as many. With cross-entropy (of smoothed labels: no loss is below 0.5003) the sharpness
# falls by itself late in training, so that being greedy costs nothing.
# And where the least loss is known to be zero, Polyak's step, $\eta = L / |g|^2$, needs
# no curvature to win.

# %%
long = dict(steps=2 * steps, seed=seed, every=33, rival="none")
fails = {f"σ = {s:g}, twice the steps": dict(long, sigma=s) for s in (2.0, 2.05)}
fails["Polyak"] = dict(start, tuner="polyak", rival="none")
entropy = dict(start, loss="cross_entropy", rival="none", ema=0.0)
fails |= {f"cross-entropy, σ = {s:g}": dict(entropy, sigma=s) for s in (1.0, 2.0)}
for name, turned in fails.items():
    one = tuners.run(turned)
    print(f"{name}: loss {one.best(0)[0]:.4g}, λ {one.settled('sharpness', 0):.3g}")

# %% [markdown]
# ## What is known, and what was measured here
# - *Proved*: on a quadratic CDAT with σ = 1 is exact steepest descent, and a model of two numbers
#   gives the alignment σ/2 and the turning point.
# - *Measured*: each number and sentence on this page, by the run that it stands beside.
# - *Not claimed*: that being greedy is bad with every base, loss and size of batches; the table at
#   the end says where it is. Nor that CDAT beats everything. On this small problem Polyak's step, as measured
#   above, does better, and so does the warm-up that was read off it, or from PyTorch's start a
#   constant 0.4.<!-- live --> Choose them as rivals, with that rate, and see.<!-- /live -->

# %% [markdown]
# ## Break it
# Let a constant rate of 0.1 train for 200 steps, and CDAT take over. By then the gradient is all
# but orthogonal to the sharp direction, so the first rate is huge. A cap cures it.

# %%
late = dict(handover=200, learning_rate=0.1, initialization="torch", steps=250, every=1)
for cap in (1e4, 0.5):
    taken = tuners.run(max_learning_rate=cap, **late)
    loss, rate = taken.loss[200:, 0, 0], taken.learning_rate[200, 0, 0]
    print(
        f"cap {cap:g}: first rate {rate:.3g}, loss from {loss[0]:.3g} to {loss.max():.3g} at worst"
    )

# %% [markdown]
# ## The abstract, claim by claim
# What the paper's abstract says, in our words, beside what this very run measured. Where several
# starts were run, a number is their median, with the lowest and the highest. The paper's figures are
# curves; where no number of them could be read, none is given.

# %%
paper

# %% [markdown]
# ## Exercises
# <!-- page: (Best tried in JupyterLab.) -->
#
# 1. Set σ to 2.05, and the steps to 4000. What do sharpness and loss do?
#    <details><summary>Answer</summary>The sharpness falls much further, the rate grows, and the
#    loss ends higher, as above under *Where it fails*. (From PyTorch's start
#    with `ema` 0.9 it is luck: of three seeds and two lengths, three times lower and three times
#    higher than at 2.)</details>
# 2. Take cross-entropy as the loss. Is greedy still the slow one?
#    <details><summary>Answer</summary>No, it may even be a little ahead.
#    That is so of this small net with its smoothed labels, and not of cross-entropy: the transformer
#    above has it, too. (Set `ema` to 0.9, and greedy is slower again.)</details>
# 3. Choose the oracle, with σ = 2, as the tuner: on gradient descent its rate is σ/λ. It is on the edge at each step. Is it good?
#    <details><summary>Answer</summary>No: it is about as slow as greedy. Being at the edge is not
#    enough, the jumps across the valley have to be kept alive.</details>
# 4. In the model, start CDAT at a sharpness below λ* and then above it.
#    <details><summary>Answer</summary>Below it λ shrinks, ever faster, until the model ends
#    after a few dozen steps; above it λ grows like a root of time, with ηλ a hair below 2.</details>

# %% [markdown]
# ## Where it lives in the code
# `curvkit/tuners/_cdat.py` is the rule, an optax transformation for any base: in your own loop
# `method = tuners.cdat(optax.scale_by_adam())`, then
# `method.update(grads, state, params, value_fn=loss, batch=batch)`. There it is guarded against
# explosions; this page shows the paper's rule as it stands, `guard=False`. `_rivals.py`,
# `_searches.py` and `_edge.py` have what it is compared with, `_sweeps.py` runs many constants side by
# side, `_flowing.py` has the flows beside a run, `model/_balance.py` the model of two numbers; the networks are in
# `curvkit/curvature/_tasks.py`, and the claims of the last table in `notebooks/claims/`.
#
# ## Reference
# - V. Roulet, A. Agarwala, J.-B. Grill, G. Swirszcz, M. Blondel, F. Pedregosa: *Stepping on the Edge:
#   Curvature Aware Learning Rate Tuners*, NeurIPS 2024, arXiv 2407.06183.
# - A. Damian, E. Nichani, J. D. Lee: *Self-Stabilization: The Implicit Bias of Gradient Descent at the
#   Edge of Stability*, arXiv 2209.15594.
#
# Before: [01_curvature](01_curvature.ipynb). Next: [03_kernels](03_kernels.ipynb).
