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
#     room: distillation
#     needs: []
#     gallery:
#       knobs:
#         reward_weight: [0.0, 0.5, 0.9, 1.0, 2.0]
#         variant: [on_policy_reward, n_distill_reward, teacher_distill]
#     quick:
#       steps: 300
# ---

# %% [markdown]
# # 6 · Distillation: which one converges, and why
#
# **Claim.** A student policy $\pi_\theta$ learns from a teacher $\pi$. Most ways in use let the student
# act and lower a loss $\ell$ in each state that it visits:
#
# $$\mathbb{E}_{\pi_\theta} \sum_t \Big[ R_t\, \nabla \log \pi_\theta(a_t|s_t) - \nabla \ell(s_t) \Big]$$
#
# with $R_t = \sum_{i \ge t} \hat r_i$. That looks like descent on the expected loss. It is the gradient
# of *nothing*, unless $\hat r_i$ holds one more term, $-\ell(s_{i+1})$; and where it is no gradient it can
# turn in cycles for ever. (Czarnecki, Pascanu, Osindero, Jayakumar, Swirszcz, Jaderberg, AISTATS 2019,
# arXiv 1902.02186.)
#
# <!-- live -->
# ![Six students follow arrows over a plane of logits and end up running round a closed loop for ever, while their returns rise and fall.](pictures/06_distillation.webp)
# <!-- /live -->

# %% tags=["parameters"]
aliased = True
reward_weight = 1.0
steps = 3000
seed = 0

# %% [markdown]
# ## Predict
# Three states, two actions. The first and the last state look alike to the student, so that it has two
# logits. It is moved along the *exact* expected update of on-policy distillation with the task's reward:
# no sampling, no noise.
#
# The stage below starts six of them in different places, and you choose where that leads. Think it over
# before: which of the answers could not be right if the update were the gradient of something?

# %% [markdown]
# ## Turn
# *Play* moves the students. The colour says how fast the update turns there; a gradient does not turn.
# <!-- live -->
# Click into the plane to drop a student there, and guess first where it goes.
#
# Then take the *variant* `n_distill_reward`, whose only difference is the term $-\ell(s_{i+1})$, and look
# at *gauge*. Switch *aliased* off: with a logit for each state, the same distillation comes to rest.
# <!-- /live -->

# %%
from curvkit import distillation

knobs = dict(aliased=aliased, reward_weight=reward_weight, steps=steps, seed=seed)
distillation.stage(**knobs)

# %% [markdown]
# The same students in figures.

# %%
distillation.explore(**knobs)

# %% [markdown]
# ## Look at two runs by hand
# The sentences above are computed from the trace of the first; these from that of a run whose reward
# is corrected.

# %%
trace = distillation.run(**knobs)
corrected = distillation.run(variant="n_distill_reward", **knobs)
distillation.tell(corrected)

# %%
distillation.figures.gauge(trace)

# %% [markdown]
# ## Which of them is a gradient?
# A field is a gradient where its Jacobian $J$ is symmetric. Here is $\lVert J - J^\top\rVert / \lVert
# J\rVert$ of every variant, in double precision, on random processes with a logit for each action of
# each state: nothing is aliased, nothing is sampled. **Predict**: which column decides, who acts, what
# loss, or what reward?

# %%
distillation.survey(6)

# %% [markdown]
# Teacher-driven distillation is a gradient because its visits do not depend on $\theta$. Student-driven
# distillation leaves out how the visits depend on $\theta$; $-\ell(s_{i+1})$ as a reward puts just that
# back. Which one to take:

# %%
distillation.figures.tree(corrected)

# %% [markdown]
# ## In worlds: who learns faster, and who goes beyond
# To be a gradient is one thing, to learn from few episodes another. Here are 32 random grid worlds, and
# four students of each, which learn from one sampled episode after the other. The teacher acts at random
# in four of ten cases. Here is one of the worlds. **Predict** in it who gains most in the end, and think
# over before: can a student that is told nothing of the task's rewards gain more than this teacher?
# <!-- live -->
#
# Then *draw* in the large world: drag over its cells. Each wall that you set or take away begins the run
# anew, with another teacher and other students; *undo* brings the world back. Which
# single wall costs the teacher most?
# <!-- /live -->

# %%
from curvkit.distillation import grid

worlds = dict(steps=steps // 5, seed=seed)
grid.stage(contest="rewards", teacher_noise=0.4, **worlds)

# %% [markdown]
# *On policy* hears nothing of the rewards, and comes to what its teacher gains and no further; who hears
# of them goes beyond. In the panel, coloured is where the teacher's value is above what the student has
# gained from there so far; the *value gate* listens to the teacher there alone.

# %%
grid.explore(contest="rewards", teacher_noise=0.4, **worlds)

# %% [markdown]
# The same students in all 32 worlds, with the spread of the means. Without the task's reward a student
# ends at its noisy teacher.

# %%
noisy = grid.run(contest="rewards", teacher_noise=0.4, **worlds)
grid.figures.curves(noisy)

# %% [markdown]
# A good teacher, and the question who should act. The student finds the states that it will need; the
# teacher shows its own; a policy at random spends two steps of five where the teacher hardly ever
# comes.

# %%
raced = grid.run(**worlds)
grid.tell(raced)

# %%
grid.figures.race(raced)

# %% [markdown]
# N-distill, which *is* a gradient, is the worst here. What it descends is the *sum* of losses over an
# episode; and no sum is smaller than that of an episode that ends soon, in a pit if need be. A pole on a
# cart, as Gymnasium has it, shows the same on a small network: it lets the pole fall. The task's reward,
# one for each step, keeps it up.

# %%
distillation.balance(("on_policy", "teacher_distill", "n_distill", "n_distill_reward"), seed=seed)

# %% [markdown]
# ## How noisy is one episode?
# Entropy-regularised and expected-entropy distillation have one mean. The second puts an expectation
# where the first samples, and the paper finds it far less noisy as actions become many.

# %%
distillation.noise_by_actions((4, 16, 64, 256), seed=seed)

# %% [markdown]
# ## What is known, what was measured, and what was not
# - *Proved*: $\mathbb{E}_{\pi_\theta}\nabla\ell$ is no gradient in general (theorem 1); with $\hat r_i =
#   -\ell(s_{i+1})$ it is, that of $-\mathbb{E}_{\pi_\theta}\sum_t \ell(s_t)$ (theorem 2). The tests hold
#   it to $10^{-12}$.
# - *Not reproduced*: the paper shows a cycle with a softmax of its own in each state. An earlier search
#   over such processes with three, four, five and seven states came near it and never found one (no
#   cell here repeats it). The cycle above needs two states that look alike, as any network that
#   generalises has them.
# - *Measured below*: the expected-entropy variants have no term for the student's own entropy. They seek one
#   mode and become deterministic; so they do not end *at* the teacher.
# - *Measured above*: student-driven distillation comes to shares of the teacher's return sooner than
#   teacher-driven, and the value gate goes beyond a noisy teacher; the full tests hold both on two draws
#   of 32 worlds. The paper's worlds are larger, and how many walls and goals they have is not known here.
# - *Measured above, with a condition*: fewer samples make less noise where all episodes are of one
#   length, and far less only where the *next* states' loss is an expectation too. Where an episode ends
#   by chance, its length makes the noise, and the three estimates are equally noisy.
# - *Not said in what we read*: that a correct gradient of summed losses pays for ending soon.

# %%
modes = distillation.run(**knobs | dict(variant="expected_entropy"))
distillation.figures.logits(modes)

# %% [markdown]
# ## Break it
# With rewards that weigh nothing, on-policy distillation of these states comes to rest, though it is
# still no gradient: to turn is possible then, not necessary.

# %%
alone = distillation.run(**knobs | dict(reward_weight=0.0))
distillation.tell(alone)

# %% [markdown]
# ## Exercises
# <!-- page: (Best tried in JupyterLab.) -->
#
# 1. Why is `teacher_value` the same update as `reward_alone`?
#    <details><summary>Answer</summary>The terms $V_\pi(s_{i+1}) - V_\pi(s_i)$ add up to $-V_\pi(s_t)$,
#    which does not depend on the action: a baseline. It takes noise away and moves nothing.</details>
# 2. Why does a stopped gradient on the policy that acts make on-policy distillation look symmetric?
#    <details><summary>Answer</summary>With the visits held fixed, each state has a loss of its own, and
#    the update is the gradient of their weighted sum. What is not symmetric is how visits move. (A
#    variant whose reward holds the next loss looks *less* symmetric so.)</details>
# 3. At which *reward weights* does the cycle appear?
#    <details><summary>Answer</summary><!-- live -->Turn the knob in the first panel and watch
#    the logits, with 12 000 steps: in<!-- /live --><!-- page: In --> a narrow window alone. From 0.99 to 1.015 students turn, at 0.985 and at 1.02
#    all of them come to rest.</details>
# 4. Is a field that is no gradient bound to be worse?
#    <details><summary>Answer</summary>No. On-policy distillation with a logit for each state never works
#    against the teacher-driven gradient, and converges to the teacher where it goes
#    (proposition 1).</details>

# %% [markdown]
# ## Where it lives in the code
# `curvkit/distillation/_variants.py` is the table of variants, `_field.py` the exact update and its
# Jacobian, `_process.py` visits and values, `_sampled.py` the update of one episode, `_aliased.py` the
# three states, `grid/` the worlds, `_control.py` the pole, `_noise.py` the noise. On a table of your own:
# `distillation.update("n_distill", process, teacher, logits)`; Gymnasium's tables come in by
# `distillation.from_gymnasium(toy.P, toy.initial_state_distrib)`, where `toy = env.unwrapped`.
#
# ## Reference
# W. M. Czarnecki, R. Pascanu, S. Osindero, S. M. Jayakumar, G. Swirszcz, M. Jaderberg: *Distilling Policy
# Distillation*, AISTATS 2019, arXiv 1902.02186.
#
# Before: [05_sobolev](05_sobolev.ipynb). Next: [07_verification](07_verification.ipynb).
