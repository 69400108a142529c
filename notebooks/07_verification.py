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
#     room: verification
#     needs: [scikit-learn]
#     gallery:
#       knobs:
#         tolerance: [0.0, 0.1, 0.25, 0.5]
#         model: [A, B]
#     quick:
#       steps: 10
# ---

# %% [markdown]
# # 7 · Verification: that an attack finds nothing proves nothing
#
# **Claim.** A property of a network $f$ that is not linear can be proved on a whole box of inputs. The
# property is $F(x, f(x)) \le 0$ for all $x$ in the box. One bounds
#
# $$\max_{x}\; F(x, f(x)) \;\le\; \max_{(x,\,y,\,z)\,\in\,\mathcal{C}}\; z,$$
#
# where the convex set $\mathcal{C}$ holds the graph of the network and of $F$. If the right side is at
# most zero the property holds; if an attack finds $F > 0$ it does not; between both it is not known.
# (Qin, Dvijotham, O'Donoghue, Bunel, Stanforth, Gowal, Uesato, Swirszcz, Kohli, ICLR 2019,
# arXiv 1902.09592.)
#
# <!-- live -->
# ![The plane of a pendulum's states in cells that are halved again and again: green where energy is proved to fall, red where it was seen to grow; beside it the bound comes down to the attack.](pictures/07_verification.webp)
# <!-- /live -->

# %% tags=["parameters"]
model = "A"
tolerance = 0.0
steps = 40
seed = 0

# %% [markdown]
# ## Predict
# A network learnt one step of a damped pendulum, from data alone (model A). The true pendulum loses
# energy in each step, and the network's error is tiny.
#
# So in which share of all states does the network's energy *grow*? The stage below takes your bet before
# it halves its cells. Decide as well where: at high speed, or where the pendulum hardly moves?

# %% [markdown]
# ## Turn
# The square holds all states. Each cell is bounded (green: proved), attacked (red: a counterexample) and
# halved. *Play* shows the rounds.
# <!-- live -->
# Click where it is red to let a pendulum go there; drag the box or shrink it, and see bound and attack
# come together.
#
# Then take model `B`, which was also fined where an attack found that
# energy grows; then the relaxation `intervals`: energy before and after a step, each bounded as if it had
# nothing to do with the other. Nothing is proved.
# <!-- /live -->

# %%
from curvkit import verification

knobs = dict(model=model, tolerance=tolerance, steps=steps, seed=seed)
verification.stage(**knobs)

# %% [markdown]
# The same rounds in figures.

# %%
verification.explore(**knobs)

# %% [markdown]
# ## Look at the bound
# The upper curve lies above the growth of *every* state, the lower one is the growth that was found.

# %%
trace = verification.run(**knobs)
verification.figures.closing(trace)

# %% [markdown]
# With a little tolerance the whole space of states is certified for model B:

# %%
whole = verification.run(model="B", tolerance=0.1, steps=100)
verification.tell(whole)

# %% [markdown]
# ## What a bound is made of
# In the place of a ReLU comes a triangle, in that of an exponential its chord and tangents, in that of a
# product McCormick's planes. <!-- live -->Drag the interval: what<!-- /live --><!-- page: What --> is wide is loose.

# %%
from curvkit.verification import shapes

shapes.explore()

# %% [markdown]
# On one box of states of model B, from loose to tight. The button adds the paper's semidefinite program
# (it needs `pip install 'curvkit[verify]'`); the distance is that from the attack.

# %%
verification.explore_ladder()

# %% [markdown]
# Two thousand samples of that box see less than an attack does. And single precision is no proof: on boxes
# of *no* width a bound computed without a word on rounding falls below the very value that it bounds. Set
# `single=False` for bounds in double precision, with what rounding may take away added.

# %%
samples = verification.sample(single=True)
verification.figures.histogram(samples)

# %% [markdown]
# ## Three studies
# Of test points: how many keep the property themselves, how many against an attack, and how many by
# proof, in boxes of growing radius $\delta$. The grey gap is what nobody knows. First the energy:

# %%
energy = verification.study("energy")
verification.figures.bars(energy)

# %% [markdown]
# Then scikit-learn's digits: a digit may be taken for one of a similar shape (the expected distance is
# at most a quarter), and the sum of two digits may be off by one, expected over both softmaxes. **Predict**:
# one classifier was trained on attacked images, one on bounds of itself. Which looks better, and which
# can be proved?

# %%
semantics = verification.study("semantics")
verification.figures.bars(semantics)

# %%
verification.study("sums", points=60)

# %% [markdown]
# ## What is known, and what was measured here
# - *Proved*: every bound here is computed in double precision, and what rounding and underflow may have
#   taken away is added to it, but for those in single precision above, and the semidefinite program's,
#   which is a solver's word. The tests plant falsehoods in mixed units, and judge by exact rationals.
# - *Held by the tests*: both models of the pendulum fit alike; the errors differ by less than a factor two.
# - *Measured above*: with a tolerance of 0.1 J model B is verified on all states; of model A more growth
#   than that was found. The classifier that was trained on attacked images looks robust at $\delta = 0.1$
#   and cannot be verified; the one that was trained on bounds can, at every second point. In smaller boxes
#   the attacked one is verified as often, or more often.
# - *Not reproduced*: the paper's own networks and images (CIFAR-10, MNIST) are larger. Its models,
#   thresholds and radii are not known to us; nothing here is compared with its numbers.

# %% [markdown]
# ## Break it
# A property of *one* step, proved, does not make a long roll-out right. The true pendulum comes to rest.
# What do models A and B do in a minute?

# %%
paths = verification.follow()
verification.figures.rollouts(paths)

# %% [markdown]
# ## Exercises
# <!-- page: (Best tried in JupyterLab.) -->
#
# 1. Why is $\omega_1^2 - \omega_0^2$, of a step from $\omega_0$ to $\omega_1$, bounded better as $(\omega_1 - \omega_0)(\omega_1 + \omega_0)$?
#    <details><summary>Answer</summary>In one step the speed hardly changes, so the first factor is in a
#    small interval, and McCormick's planes of the product are as good as the smaller interval is. The
#    squares apart know nothing of each other.</details>
# 2. Why is the softmax's property multiplied by its denominator?
#    <details><summary>Answer</summary>Then it is a sum of exponentials, $\sum_j (d_j - \varepsilon)
#    e^{y_j - y_i}$: those with a positive factor are below a chord, those with a negative one below a
#    tangent. A quotient has no such planes.</details>
# 3. Which $\delta$ is the largest at which model B is verified at nine of ten states?
#    <details><summary>Answer</summary>Ask for more radii:
#    `verification.study("energy", (0.02, 0.025, 0.03, 0.035))`.</details>
# 4. What does a single state that is verified say about its neighbours outside of the box?
#    <details><summary>Answer</summary>Nothing. And a roll-out does what the property does not speak
#    of: after each step it puts the angle back on the circle, which can add energy.</details>

# %% [markdown]
# ## Where it lives in the code
# In `curvkit/verification/`: `shapes/` draws the relaxations, `_one_box.py` has the ladder, `_semidefinite.py`
# the semidefinite program, `_specifications.py` has value and planes of a property, `_bounds.py` intervals and
# CROWN, `_certify.py` the bound of a specification and the attack, `_verdict.py` `verify` with branch and
# bound, `_pendulum.py` and `_digits.py` the models. On a network of your own:
# `verification.verify(layers, (lower, upper), verification.LinearSpec([1.0, -1.0]))`.
#
# ## Reference
# C. Qin, K. Dvijotham, B. O'Donoghue, R. Bunel, R. Stanforth, S. Gowal, J. Uesato, G. Swirszcz, P. Kohli:
# *Verification of Non-Linear Specifications for Neural Networks*, ICLR 2019, arXiv 1902.09592.
#
# Before: [06_distillation](06_distillation.ipynb). Next: [08_selection](08_selection.ipynb).
