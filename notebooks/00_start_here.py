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
#     needs: []
#     gallery:
#       figure: valley
#       set:
#         data: quadratic
#         every: 1
#         steps: 60
#       knobs:
#         learning_rate: [0.04, 0.09, 0.1, 0.101, 0.11]
# ---

# %% [markdown]
# # Start here
#
# **curvkit** lets you see, and turn, what seven papers, and one that they build on, found about how neural
# networks train. Each notebook is about one topic: it makes a claim, asks you to predict, and then hands you the knobs.
#
# <!-- live -->
# Run a cell with Shift+Enter, or all of them from the menu *Run*.
# <!-- /live -->
# <!-- page: This is a page of what it showed as it ran: figures play here, runs train here where a page has "Turn it here", and all knobs turn in JupyterLab (`make lab`). -->
#
# <!-- live -->
# ![A ball jumps from one side of a valley to the other at each step, and its distance from the floor, drawn beside it, neither grows nor dies.](pictures/00_start_here.webp)
# <!-- /live -->

# %% tags=["parameters"]
learning_rate = 0.1
seed = 0

# %% [markdown]
# ## Throw the ball
# Below, gradient descent rolls down a valley whose sharpness $\lambda$ is 20. In one direction it
# takes the distance $x$ from the bottom to $(1 - \eta \cdot 20)\,x$ at each step.
#
# It asks first: choose what the ball will do at $\eta = 0.1$, and see. Then **predict** it for 0.04 and
# for 0.11.
# <!-- live -->
# Drag the slider, or the number in the sentence: the ball goes on from where it is, with the new
# rate. Space plays and halts, the arrow keys go step by step.
# <!-- /live -->

# %%
from curvkit import curvature

valley = dict(data="quadratic", learning_rate=learning_rate, every=1, steps=60, seed=seed)
curvature.stage("throw", **valley)

# %% [markdown]
# At $\eta = 0.1$ the product $\eta\lambda$ is 2, and the iterate jumps from one side to the other
# forever. At a rate a little larger it leaves the valley. This is the *edge of stability* of a
# quadratic. What a real network does there is the first surprise, in
# [01_curvature](01_curvature.ipynb).
#
# <!-- live -->
# ## How to turn a knob
# <!-- /live -->
# <!-- page: ## The same run in figures -->
# <!-- live -->
# Each room has a panel, too, with all its knobs and figures. Drag a slider, or type a number beside
# it, and let go.
#
# - *Play* draws the run as it grew; drag the bar to go to any reading.
# - *Keep this run* leaves it on the figure while you turn on.
# - *Stop* stops a long run where it is; a newer knob value takes its place by itself.
# - The small arrow beside a knob brings it to its default, *Reset* all of them to where they began. Hover over a name to read what it does.
# - A knob marked *recompiles* takes a few seconds; all others answer at once.
# <!-- /live -->

# %%
curvature.explore(figure="valley", **valley)

# %% [markdown]
# ## By hand
# Every panel is a function of its settings that you can call yourself. It gives a trace, and a
# figure or a sentence is a function of the trace:

# %%
settings = curvature.Settings(data="quadratic", learning_rate=0.11, every=1, steps=300)
trace = curvature.run(settings)
curvature.tell(trace)

# %% [markdown]
# A value out of range, or a name that does not exist, is refused in a sentence:

# %%
try:
    curvature.Settings(learning_rate=-1)
except ValueError as refusal:
    print(refusal)

# %% [markdown]
# ## The map
# What one sees in each notebook, and of which papers it is. <!-- live -->A picture opens its notebook.<!-- /live -->
#
# | | |
# | --- | --- |
# | <!-- live -->[![A valley narrows around a ball, and throws it](pictures/map_01_curvature.webp)](01_curvature.ipynb)<br><!-- /live -->**[1 · Curvature](01_curvature.ipynb)**: a network that trains climbs to the edge of stability, and stays there.<br>*Cohen et al. 2021, arXiv 2103.00065, and the background of CDAT* | <!-- live -->[![The sharpness under CDAT, and under a constant rate](pictures/map_02_tuners.webp)](02_tuners.ipynb)<br><!-- /live -->**[2 · Tuners](02_tuners.ipynb)**: CDAT, a learning rate that follows the curvature, and why the greedy one loses.<br>*Roulet et al. 2024, Stepping on the Edge, arXiv 2407.06183* |
# | <!-- live -->[![Ten digits: all become one in a plain network, and are kept apart in a shaped one](pictures/map_03_kernels.webp)](03_kernels.ipynb)<br><!-- /live -->**[3 · Kernels](03_kernels.ipynb)**: activations that let very deep plain networks train.<br>*Martens et al. 2021, Deep Kernel Shaping, arXiv 2110.01765* | <!-- live -->[![Marbles on a landscape of loss, one caught in a bad minimum](pictures/map_04_minima.webp)](04_minima.ipynb)<br><!-- /live -->**[4 · Minima](04_minima.ipynb)**: data on which training gets stuck, with proofs.<br>*Swirszcz et al. 2016, Local Minima in Training of Neural Networks, arXiv 1611.06310* |
# | <!-- live -->[![Two surfaces through the same points, learnt without slopes and with them](pictures/map_05_sobolev.webp)](05_sobolev.ipynb)<br><!-- /live -->**[5 · Sobolev](05_sobolev.ipynb)**: fitting slopes as well as values.<br>*Czarnecki et al. 2017, Sobolev Training, arXiv 1706.04859* | <!-- live -->[![A field of arrows that carries students past their teacher](pictures/map_06_distillation.webp)](06_distillation.ipynb)<br><!-- /live -->**[6 · Distillation](06_distillation.ipynb)**: which student learns from which teacher, and which goes round for ever.<br>*Czarnecki et al. 2019, Distilling Policy Distillation, arXiv 1902.02186* |
# | <!-- live -->[![The states of a pendulum in cells, proved ones green](pictures/map_07_verification.webp)](07_verification.ipynb)<br><!-- /live -->**[7 · Verification](07_verification.ipynb)**: proofs about what a network cannot do.<br>*Qin et al. 2019, Verification of Non-Linear Specifications, arXiv 1902.09592* | <!-- live -->[![Bars of what each group explains, the next to be taken marked](pictures/map_08_selection.webp)](08_selection.ipynb)<br><!-- /live -->**[8 · Selection](08_selection.ipynb)**: choosing groups of variables, and when the choice is wrong.<br>*Lozano et al. 2009, Grouped Orthogonal Matching Pursuit* |
# | <!-- live -->[![The sharpness of a model beside its loss](pictures/map_09_your_own_model.webp)](09_your_own_model.ipynb)<br><!-- /live -->**[9 · Your own model](09_your_own_model.ipynb)**: your own loop, watched, its rate turned by hand while it runs.<br>*Cohen et al. 2021, arXiv 2103.00065; Ghorbani et al. 2019, arXiv 1901.10159* | <!-- live -->[![SAM takes its gradient up the wall, and its sharpness falls](pictures/map_10_sam.webp)](10_sam.ipynb)<br><!-- /live -->**[10 · SAM](10_sam.ipynb)**: sharpness-aware minimisation, and its far lower edge.<br>*Foret et al. 2021, arXiv 2010.01412; Long and Bartlett 2024, arXiv 2309.12488* |
# | <!-- live -->[![The run goes up and down about a green path, and grey climbs on](pictures/map_11_why_the_edge.webp)](11_why_the_edge.ipynb)<br><!-- /live -->**[11 · Why the edge](11_why_the_edge.ipynb)**: the path that gradient descent jumps about, and what holds its sharpness.<br>*Cohen et al. 2024, arXiv 2410.24206; Damian et al. 2023, arXiv 2209.15594* | |
#
# The rooms that are open in this version, and what each is about:

# %%
import curvkit

curvkit.rooms()

# %% [markdown]
# ## Where to go next
# Open [01_curvature](01_curvature.ipynb), or any other of the map. To run all notebooks without a screen and
# read them as web pages, type `make report`; `python -m curvkit --help` lists what else there is.
#
# The knobs are declared in `curvkit/curvature/settings.py`, once each; slider, range check,
# command-line flag and axis title are read off there.
