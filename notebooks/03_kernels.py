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
#       depth: 4
#       steps: 20
#     paper:
#       data: mnist
# ---

# %% [markdown]
# # 3 · Kernels: four numbers make a very deep network trainable
#
# **Claim.** A deep network forgets what it is given. Layer by layer angles are lost (softplus, sigmoid,
# ReLU: all inputs come to look alike), or lengths (tanh, GELU), or, with large weights, every
# resemblance (chaos). Replace its activation $\varphi$ by
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
steps = 100
data = "digits"
seed = 0

# %% [markdown]
# ## Predict
# Ten inputs stand around a circle. **Predict** what becomes of them in a plain network of 50 layers:
# do they run together, stay, or part? The stage asks, then shows.

# %% [markdown]
# ## Turn
# *Play* goes down the network layer by layer; the green band is where the shaped map is proved to
# lie.
# <!-- live -->
# Drag the dot in the map of cosines: it is ζ, the slope at 1, and both networks start anew. Drag the
# depth, too; change the method to *tat*.
# <!-- /live -->

# %%
import jax

from curvkit import claims, kernels

start = dict(activation=activation, method=method, depth=depth, zeta=zeta, seed=seed)
kernels.stage(**start)

# %% [markdown]
# The same network in figures.
# <!-- live -->
# *activation* has the four conditions, *sampled* networks of finite width, *roots* all that meet the
# conditions.
# <!-- /live -->

# %%
kernels.explore(**start)

# %% [markdown]
# ## One layer: two expectations
# Take one layer of many units, $y = \varphi(Wx)$, with fresh weights of variance one over the fan-in.
# Each unit sees a weighted sum of the inputs, which is normal with variance $q$, the input's **mean
# square**. So the mean square after the layer is an average over units, an expectation:
#
# $$Q(q) = \mathbb E\,[\varphi(\sqrt q\, z)^2], \qquad z \sim N(0, 1).$$
#
# Two inputs with **cosine** $c$ make two normal variables $u$ and $v$ with that correlation. The cosine
# after the layer is
#
# $$C(c) = \frac{\mathbb E\,[\varphi(u)\,\varphi(v)]}{Q} .$$
#
# Nothing else about the inputs counts. The map is a power series $C(c) = \sum_k b_k c^k$ whose weights
# are squares of Hermite coefficients of $\varphi$: none is negative, and they sum to 1.
#
# Below, one wide layer of softplus with random weights beside the expectations. It brings two inputs at
# 60 degrees to 32 degrees, since all its outputs are positive. The figure has the map and its
# weights, before and after shaping, which moves nearly all of them to $k = 1$, the identity.

# %%
units, ends = jax.random.normal(jax.random.key(seed), (20_000, 2)), [[1.0, 0.0], [0.5, 0.75**0.5]]
one, other = jax.nn.softplus(units @ jax.numpy.array(ends).T).T  # inputs at a cosine of 0.5
square, cosine = (one**2).mean(), (one @ other) / ((one @ one) * (other @ other)) ** 0.5
q, c = kernels.q_map(jax.nn.softplus, 1.0), kernels.c_map(jax.nn.softplus, 0.5)
print(f"sampled: mean square {square:.3f}, cosine {cosine:.3f}; theory: {q:.3f} and {c:.3f}")
trace = kernels.run(**start)
kernels.figures.local(trace)

# %% [markdown]
# ## Look at layer after layer
# A deep network composes: what comes out of one layer goes into the next, with fresh weights. So its
# maps are compositions, $C_f = C \circ C \circ \dots \circ C$, and a small bend, repeated, becomes a
# large one. *depth*, above, draws the composition.

# %%
paper, merits = claims.of("03_kernels"), trace.merits()
paper.note(plain_cosine=merits["plain_cosine"], plain_kappa=trace.plain_kappa[-1], depth=depth)
paper.note(shaped_cosine=abs(merits["shaped_cosine"]), shaped_kappa=trace.shaped_kappa[-1])
paper.note(missed=merits["largest_miss"])
plain, shaped = merits["plain_cosine"], merits["shaped_cosine"]
print(f"two inputs at a cosine of 0 have one of {plain:.3f} after all layers, shaped {shaped:.3f}")

# %% [markdown]
# ## Three ways to fail
# A map that is repeated goes to a fixed point, and what it does there depends on its slope.
#
# - **Collapse.** If $C'(1) \le 1$ and $C(0) > 0$, all cosines go to 1: all inputs become one.
# - **Chaos.** If $C'(1) > 1$, two inputs part however near they were: all pairs end at one cosine
#   below 1, and a small change of the input changes everything.
# - **Lengths** vanish or explode, if $Q(q)$ stays below or above $q$.
#
# It depends on the activation. Plain ones, each with weights of variance one over fan-in, no biases;
# cosines 0 and 0.5 go in:

# %%
from curvkit.kernels import ways

ways.plain(depth)

# %% [markdown]
# So "all inputs come to look alike" holds for softplus, sigmoid and ReLU. tanh keeps orthogonal
# inputs orthogonal and loses length, GELU and Swish mostly length; SELU keeps both and lets the slope
# grow.
#
# With a gain $\sigma_w$ on the weights and biases of standard deviation $\sigma_b$, a tanh network can be
# anything. The plane below has the slope $\chi$ of one layer at settled lengths: blue is order, where
# angles collapse, orange is chaos, and the line between is the **edge of chaos**. The dot is a network:
# **predict** what becomes of angles where it lies.
# <!-- live -->
# Drag the dot, which turns both at once, and walk along the edge; or click where it shall go.
# `ways.explore()` has further knobs: normalisation, shortcuts, He's, LeCun's and Dirac's weights.
# <!-- /live -->

# %%
ways.stage(depth=depth)

# %% [markdown]
# ## Why gradients care
# Gradients go through the same layers. The squared length of a gradient is multiplied in each layer by
# $\sigma_w^2\, \mathbb E[\varphi'^2]$, which at settled lengths **is the slope** $C'(1)$: below 1 gradients
# vanish, above 1 they explode. And how training sees two inputs is the **tangent kernel** $\Theta$ (Jacot
# et al. 2018): the inner product of the network's gradients at the one and at the other,
#
# $$\Theta_{l+1} = C'(c_l)\,\Theta_l + c_{l+1}.$$
#
# In collapse it is nearly the same number for all pairs: its matrix has a condition number beyond
# reach, and gradient descent can't tell inputs apart. In chaos it is nearly diagonal: every input is
# learned for itself, and nothing follows for another; that trains, and does not generalise. Left, the
# kernel at full depth; right, the condition number on ten orthogonal inputs.

# %%
kernels.figures.tangent(trace)

# %% [markdown]
# ## Four conditions, each with its reason
# Deep Kernel Shaping chooses the four numbers so that in every layer
#
# 1. $Q(1) = 1$: inputs of mean square 1 keep it.
# 2. $Q'(1) = 1$: one that is a little longer or shorter stays just that, and is neither pulled back,
#    so that length is forgotten, nor driven off.
# 3. $C(0) = 0$: orthogonal inputs stay orthogonal. As all $b_k \ge 0$, that rules out collapse.
# 4. $C'(1) = \psi$, such that no part of the whole network has a slope above $\zeta$ (1.5): that rules
#    out chaos. A convex map through 0 and 1 of slope ζ at 1 lies within $1 - 1/\zeta$ of the identity.
#    With ζ = 1 it *would be* the identity, and the network linear; the price of a tame kernel is a
#    network that is not far from linear at first.
#
# Four conditions, four numbers. The gauges say by how much each is missed.

# %%
kernels.figures.activation(trace)

# %% [markdown]
# **TAT** replaces the last two. A ReLU can't have $C(0) = 0$ without a shift, so TAT asks for
# $C'(1) = 1$ instead, no slope at all beyond the identity's, and then bounds how far things may collapse:
# with a leaky ReLU, whose slope below zero is the one unknown, orthogonal inputs end at $C_f(0) = \eta$
# (0.9); with a smooth activation the curvature $C_f''(1) = \tau$ (0.3), which adds up over layers. The
# table's last rows have both.

# %% [markdown]
# ## Other ways of shaping
# Initialisation, normalisation, skip connections and special activations shape kernels, too; each
# meets some conditions and leaves others. **Predict**: what does LayerNorm after each ReLU do to the
# slope? Cosines −1, 0 and 0.5 go in:

# %%
table = ways.ways(depth - depth % 2)
others = {way.name: way.maps for way in table if not way.name.startswith(("DKS", "TAT"))}
keeps = lambda maps: abs(maps.c[1]) < 0.1 and 1.01 < maps.slope < 2 and 0.5 < maps.q < 2
# Angles, slope and lengths, and still not linear.
paper.note(complete=sum(map(keeps, others.values())), ways=len(others))
paper.note(he_slope=float(others["ReLU, He"].slope))
paper.note(selu_cosine=abs(float(others["SELU, LeCun"].c[1])))
table

# %% [markdown]
# Glorot's and orthogonal weights are, at equal widths and infinite width, what LeCun's are. The table
# speaks of the first step of training: SkipInit, Fixup, ReZero and looks-linear are the identity
# then, and how a network leaves it is another question, which the race asks.

# %% [markdown]
# ## In your own network
# `shape` takes a name or any JAX function, and a depth or an architecture as data. A branch is a
# network, too, and the target holds for the steepest part. Plain sums are refused, since lengths would
# grow: a residual branch needs weights whose squares add up to 1.
# <!-- live -->
# *architecture*, in the panel above, draws one: turn *wiring*, *blocks* and *w*.
# <!-- /live -->
#
# The order matters. In each branch the nonlinearity comes first and a **fresh affine layer last**, as in
# a pre-activation ResNet: only then are the two terms of a sum independent, and squares add. With the
# affine layer first, a TAT network of 25 such blocks has mean squares beyond 100 where 1 was planned, and
# all its cosines near 1. `build` makes the network in the right order (`.flax` and `.equinox` make modules
# of it), and `check` measures a model, built so or your own, and says where it leaves its plan; in the
# second one below the activation was not shaped.

# %%
network = kernels.residual(25, 2, weight=0.8)
shaped = kernels.shape("softplus", network, "dks")
inputs = kernels.normalize_locations(jax.random.normal(jax.random.key(seed), (6, 16)))
built, forgotten = (network.build(each, width=128) for each in (shaped, "softplus"))
for made in (built, forgotten):
    params = jax.jit(made.init)(jax.random.key(seed), inputs)
    print(kernels.check(lambda x, of=made, p=params: of.apply(p, x), built, inputs).description)

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
# the four numbers alone. **Predict** the plain one's test accuracy in the end; guessing gives one in
# ten.

# %%
from curvkit.kernels import contest, race

runners = dict(activation=activation, depth=depth, zeta=zeta, steps=steps, seed=seed)
display(race.explore(**runners))
raced = race.run(**runners)
paper.note(chain=raced.merits()["dks_accuracy"], chain_plain=raced.merits()["plain_accuracy"])

# %% [markdown]
# Before the first step, the plain network's last layer gives all digits nearly the same output, as
# the figure above foretold. There is nothing left to tell them apart by.

# %% [markdown]
# ## The contest
# The claim that matters is beside the standard networks: residual, with BatchNorm before each ReLU,
# trained by gradient descent with momentum. **Predict** which of these keep up without any
# normalisation. Each runs at four learning rates, and the best is shown. The last has seven
# convolutions, of Delta weights, on the same pictures, with each location of the inputs normalised.
# <!-- live -->
# `contest.explore()` has further ones: LayerNorm, no shortcuts at all, SELU, Adam, K-FAC.
# <!-- /live -->

# %%
runs, given, brief = {}, dict(data=data, seed=seed), 3 * steps // 5
deep = dict(blocks=depth // 2, steps=3 * steps // 2, **given)
runs["BatchNorm, ReLU"] = contest.run(network="batch_norm", activation="relu", **deep)
runs["no normalisation, ReLU"] = contest.run(network="plain_sums", activation="relu", **deep)
runs["no normalisation, DKS sigmoid"] = contest.run(activation="sigmoid", **deep)
runs["convolutions, DKS softplus"] = contest.run(task="images", blocks=3, steps=brief, **given)
contest.Standings(runs)

# %% [markdown]
# ## Where K-FAC shows its worth
# On digits gradient descent trains a shaped network without shortcuts as well as one with them: there
# is nothing left to win. An **autoencoder** is harder. Thirty layers without shortcuts or normalisation
# give each digit back through eight units, and half the squared error is the loss. **K-FAC** takes for
# each layer the curvature as a Kronecker product of two small matrices, of what goes in and of what
# comes back, and divides by it. **Predict**: which of K-FAC and Adam is ahead in the end?
# `benchmarks/kernels.md` has both over three seeds, with gradient descent and the plain network.
# K-FAC's four rates come to the same here, as every step is shortened to one foretold change; its
# *damping* matters instead, and the table there says how much.
#
# The second table tests what the maps foretold, of networks on the dial: as deep as those of the
# contest, trained by gradient descent for a while. A network is said not to learn if orthogonal
# inputs come nearer than a cosine of 0.97, if the slope is above 10⁴, or if lengths leave a million by
# either end; else it is said to learn, and more than 60 % of the test digits is learned. The tangent
# kernel's condition number alone would not do: without end in order, it is 1 in chaos, and 5 for ReLU.
# <!-- live -->
# `contest.explore(network="dial")` is that dial with its race, *prediction* has both, and
# `contest.dialled(ways.Settings(…))` takes any network from the dial above to it.
# <!-- /live -->

# %%
back = dict(task="autoencoder", network="chain", blocks=min(14, depth // 2), steps=steps, **given)
hard = {name: contest.run(optimizer=name, **back) for name in ("kfac", "adam")}
places = {"in order": (1.0, 0.5), "on the edge": (1.32, 0.22), "in chaos": (2.8, 0.1)}
dials = {f"tanh, {at}": dict(gain=w, bias=b) for at, (w, b) in places.items()}
dials["ReLU, centred"] = dict(activation="relu", weights="lecun", norm="layer_after")
shown = lambda dial: contest.dialled(ways.Settings(depth=depth - depth % 2, **dial))
tested = {at: contest.run(steps=brief, **shown(dial), **given) for at, dial in dials.items()}
display(contest.Standings(hard), contest.Verdicts(tested))

# %% [markdown]
# ## What is known, and what was measured here
# - *Proved*: for infinite width the maps are exact. Since all $b_k \ge 0$, a DKS network's map lies
#   below the diagonal on $[0, 1]$ by at most $1 - 1/\zeta$.
# - *Derived here and tested*: with depth the C map goes to $c / (c + \zeta(1 - c))$, the same for
#   every smooth activation.
# - *Measured*: the sentences above; they are computed from the runs.
# - *Not claimed*: that depth helps here. Logistic regression on the same pixels does as well, as the
#   next cell says: deep networks can be *trained*, nothing more is shown.
# - *Not claimed*: that plain networks never train. A plain tanh network with orthogonal weights does
#   (see *Break it*), because with shrinking inputs it is nearly linear.
# - Orthogonal weights are part of the effect: with Gaussian ones shaped networks train, too, but leave
#   more than twice as many digits wrong, as the cell says. The test digits were also looked at to
#   choose the learning rate, so read the accuracies as trainability and not as a benchmark.
#
# ## Break it
# The same race with tanh: is there anything left to win? And with Gaussian weights? At the end what
# cannot be had: TAT wants a leaky ReLU network to send orthogonal inputs to $C(0) = 0.9$. Five layers
# cannot bend so far; the room shows the most that they can.

# %%
print(f"Test accuracy of logistic regression: {race.linear_accuracy():.3f}.")
for turned in (dict(activation="tanh"), dict(orthogonal=False), dict(activation="sigmoid")):
    again = race.run(depth=depth, steps=steps, seed=seed, **turned)
    display(race.tell(again))
last = again.merits()  # of sigmoid
paper.note(sigmoid=last["dks_accuracy"], sigmoid_plain=last["plain_accuracy"])
shallow = kernels.Settings(activation="leaky_relu", method="tat", depth=5)
kernels.tell(kernels.run(shallow))

# %% [markdown]
# ## The abstract, claim by claim
# What the abstract of arXiv 2110.01765 says, in our words, beside what this very run measured: on small
# digits, where the paper has ImageNet and CIFAR-10.
# <!-- live -->
# Who has a network and a GPU runs the contests on 12 000 pictures of MNIST by
# `curvkit report 03 --profile paper`, on CIFAR-10 with `--set data=cifar10` besides. The files are
# fetched as they are published (12 and 170 MB), checked, and kept; what breaks off is gone on with.
# <!-- /live -->

# %%
paper.note(kfac=hard["kfac"].merits()["loss"], adam=hard["adam"].merits()["loss"])
normed, sums, shaped_one = [run.merits() for run in runs.values()][:3]
paper.note(standard=normed["accuracy"], sigmoid_residual=shaped_one["accuracy"])
paper.note(gap=normed["accuracy"] - shaped_one["accuracy"], lost=sums["diverged"])
paper

# %% [markdown]
# ## Exercises
# <!-- page: (Best tried in JupyterLab.) -->
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
# `_rectifiers.py` hold the maps, `_kernel.py` those of whole networks, shaped or not, `_build.py` makes
# networks of architectures and `_check.py` holds models against them, `_finite.py` samples networks,
# `_initializers.py` has orthogonal and delta weights, `_kfac.py` K-FAC; `ways/` has other ways of shaping,
# `race/` and `contest/` train.
#
# ## Reference
# - J. Martens, A. Ballard, G. Desjardins, G. Swirszcz, V. Dalibard, J. Sohl-Dickstein,
#   S. Schoenholz: *Rapid training of deep neural networks without skip connections or normalization
#   layers using Deep Kernel Shaping*, arXiv 2110.01765.
# - G. Zhang, A. Botev, J. Martens: *Deep Learning without Shortcuts: Shaping the Kernel with Tailored
#   Rectifiers*, ICLR 2022, arXiv 2203.08120.
#
# Before: [02_tuners](02_tuners.ipynb). Next: [04_minima](04_minima.ipynb).
