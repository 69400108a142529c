"""Steps of grid worlds a second: students of many worlds at once, beside a Gymnasium loop in NumPy.

Both teach the same from one sampled episode after the other: logits and critics in worlds of the
room's rules. The study moves all worlds and four variants at once, compiled; the loop is an
environment of Gymnasium's class, stepped once a move, and the value gate's student in NumPy, one
world after the other. A step counts until its episode ends; what the study computes after that does
not. Beside them stand environments alone, without a student: the study's, the loop's, and
Gymnasium's own FrozenLake. All in one run, taken in turns; medians. A last line says that what is
learnt is the same: mean returns after so many episodes.
"""

import argparse
import json
import os
import platform
import statistics
import time

import jax
import jax.numpy as jnp
import numpy as np
from rich.console import Console
from rich.table import Table

from curvkit.distillation import VARIANTS
from curvkit.distillation import _field as field
from curvkit.distillation._field import Teacher
from curvkit.distillation.grid import _learning as learning
from curvkit.distillation.grid import _worlds as worlds

try:
    import gymnasium
except ModuleNotFoundError:
    raise SystemExit(
        "gymnasium is not installed; `pip install 'curvkit[models]'` brings it."
    ) from None

out = Console(width=110)
NAMES = {
    "study": "study, vmapped, with students",
    "loop": "loop with a student, NumPy",
    "walk": "the study's worlds alone",
    "environment": "the loop's environment alone",
    "lake": "FrozenLake alone",
}
NOISE, ENDING, RATE, LENGTH = 0.1, 0.01, 0.3, learning.LENGTH


def many(number: int, seed: int):
    """Worlds and their teachers, as the room draws them."""

    def one(key):
        kinds = worlds.drawn(key, worlds.SIDE, 0.15, 0.015, 0.04)
        made = worlds.world(kinds, NOISE, ENDING)
        log_policy = field.noisy(field.boltzmann(worlds.best(made, LENGTH), 0.1), 0.4)
        values = worlds.gained(made, jnp.exp(log_policy), made.rewards, LENGTH)
        return made, Teacher(log_policy, values)

    return jax.jit(jax.vmap(one))(jax.random.split(jax.random.key(seed), number))


class Study:
    """The vmapped study: all worlds and variants at once."""

    def __init__(self, made, taught, variants, episodes):
        rows = [VARIANTS[each].weights for each in variants]
        self.given = (jax.tree.map(lambda *each: jnp.stack(each), *rows), made, taught)
        self.number, self.episodes = len(made.kinds), episodes
        self.begun = learning.nothing(len(rows), self.number, made.kinds.shape[1])
        self._run = jax.jit(self._learnt, static_argnums=2)

    def _learnt(self, given, key, counting):
        weights, made, taught = given

        def one(weights, made, taught, learnt, key):
            if not counting:
                return learning.after_an_episode(RATE, weights, made, taught, learnt, key), 0
            policy = field.acting(weights, taught, field.policies(made, learnt.logits))
            steps = worlds.play(made, policy, key, LENGTH).alive.sum()
            return learning.after_an_episode(RATE, weights, made, taught, learnt, key), steps

        every = jax.vmap(jax.vmap(one, (None, 0, 0, 0, 0)), (0, None, None, 0, None))

        def step(learnt, at):
            keys = jax.random.split(jax.random.fold_in(key, at), self.number)
            learnt, steps = every(weights, made, taught, learnt, keys)
            return learnt, jnp.sum(steps)

        learnt, steps = jax.lax.scan(step, self.begun, jnp.arange(self.episodes))
        return learnt, jnp.sum(steps)

    def run(self, seed, counting=False):
        return jax.block_until_ready(self._run(self.given, jax.random.key(seed), counting))


class GridWorld(gymnasium.Env):
    """The room's rules as an environment of Gymnasium's class, in NumPy."""

    def __init__(self, kinds, goes):
        self.kinds, self.goes = kinds.tolist(), goes.tolist()
        self.start = worlds.start(worlds.SIDE)
        self.observation_space = gymnasium.spaces.Discrete(len(self.kinds))
        self.action_space = gymnasium.spaces.Discrete(4)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.cell, self.taken = self.start, 0
        return self.cell, {}

    def step(self, action):
        draws = self.np_random
        if draws.random() < NOISE:
            action = int(draws.integers(4))
        self.cell = self.goes[self.cell][action]
        kind, self.taken = self.kinds[self.cell], self.taken + 1
        reward = worlds.WORTH * ((kind == worlds.GOAL) - (kind == worlds.PIT))
        ended = kind != worlds.FREE or draws.random() < ENDING
        return self.cell, reward, ended, self.taken >= LENGTH, {}


def loop(environment, taught, episodes, seed):
    """The same student in NumPy: logits after so many episodes, and how many steps they took."""
    log_policy, values = taught
    pi, steps = np.exp(log_policy), 0
    logits, critic = np.zeros_like(pi), np.zeros(len(pi))
    draws = np.random.default_rng(seed)
    environment.reset(seed=seed)
    for _ in range(episodes):
        cell, _ = environment.reset()
        p = np.exp(logits - logits.max(1, keepdims=True))
        p /= p.sum(1, keepdims=True)
        cumulative, rows, ended = p.cumsum(1), [], False
        while not ended:
            action = min(int(np.searchsorted(cumulative[cell], draws.random())), 3)
            after, reward, fallen, late, _ = environment.step(action)
            rows.append((cell, action, reward))
            cell, ended = after, fallen or late
        cells, actions, rewards = (np.array(each) for each in zip(*rows, strict=True))
        returns = np.cumsum(rewards[::-1])[::-1]
        score = np.eye(4)[actions] - p[cells]
        open_gate = (values > critic)[cells]
        each = (returns - critic[cells])[:, None] * score
        up = np.zeros_like(logits)
        np.add.at(up, cells, each - open_gate[:, None] * (p - pi)[cells])
        logits += RATE * up * min(1, learning.LONGEST / max(np.linalg.norm(up), 1e-9))
        sums, counts = np.zeros(len(critic)), np.zeros(len(critic))
        np.add.at(sums, cells, returns - critic[cells])
        np.add.at(counts, cells, 1)
        critic += learning.CRITIC * sums / np.maximum(counts, 1)
        steps += len(cells)
    return logits, steps


def alone(environment, steps, seed):
    """Steps of an environment with actions that are drawn beforehand."""
    actions = np.random.default_rng(seed).integers(4, size=steps).tolist()
    environment.reset(seed=seed)
    for action in actions:
        _, _, ended, late, _ = environment.step(action)
        if ended or late:
            environment.reset()
    return steps


def timed(work):
    began = time.perf_counter()
    found = work()
    return time.perf_counter() - began, found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=32, help="as many, for the study")
    parser.add_argument("--episodes", type=int, default=300)
    parser.add_argument("--loops", type=int, default=4, help="worlds that the loop goes through")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", help="also write the numbers to this file")
    given = parser.parse_args()
    made, taught = many(given.worlds, given.seed)
    variants = ("on_policy", "on_policy_reward", "reward_alone", "value_gate")
    study = Study(made, taught, variants, given.episodes)
    steps = int(study.run(given.seed, True)[1])
    learnt, _ = study.run(given.seed)
    walk = jax.jit(lambda key: walked(made, len(variants), given.episodes, key))
    walk_steps = int(walk(jax.random.key(0)))
    plain = [_world(jax.tree.map(np.asarray, (made, taught)), at) for at in range(given.loops)]
    environments = [GridWorld(w.kinds, w.goes) for w, _ in plain]
    lake = gymnasium.make("FrozenLake-v1", is_slippery=True)
    rates, ends = {name: [] for name in NAMES}, {}
    for repeat in range(given.repeats):
        rates["study"].append(steps / timed(lambda: study.run(given.seed))[0])
        rates["walk"].append(walk_steps / timed(lambda: walk(jax.random.key(0)).item())[0])
        taken = 0.0
        for at, (environment, (_, teacher)) in enumerate(zip(environments, plain, strict=True)):
            work = lambda e=environment, t=teacher: loop(e, t, given.episodes, repeat)  # noqa: B023
            seconds, (ends[at], count) = timed(work)
            taken += seconds / count / given.loops
        rates["loop"].append(1 / taken)
        for name, environment in (("environment", environments[0]), ("lake", lake)):
            seconds, count = timed(lambda e=environment: alone(e, 20_000, 0))
            rates[name].append(count / seconds)
    report(given, rates, steps, _returns((made, taught), learnt, ends))


def walked(made, variants, episodes, key):
    """Steps of as many episodes of a policy at random, in all worlds, without a student."""
    policy = jnp.full((*made.kinds.shape[1:], 4), 0.25)
    one = lambda made, key: worlds.play(made, policy, key, LENGTH).alive.sum()

    def step(total, at):
        keys = jax.random.split(jax.random.fold_in(key, at), (variants, len(made.kinds)))
        return total + jax.vmap(jax.vmap(one), (None, 0))(made, keys).sum(), None

    return jax.lax.scan(step, 0, jnp.arange(episodes))[0]


def _returns(given, learnt, ends):
    """Mean returns of the value gate's students, and the teacher's, where both learnt."""
    measured = jax.jit(learning.measured)

    def mean(logits):
        every = (measured(*_world(given, at), jnp.asarray(logits[at], float)) for at in ends)
        return float(np.mean([value for value, _ in every]))

    return {"study": mean(learnt.logits[3]), "loop": mean(ends), "teacher": mean(given[1][0])}


def _world(given, at):
    return jax.tree.map(lambda each: each[at], given)


def report(given, rates, steps, returns):
    middle = {name: statistics.median(each) for name, each in rates.items()}
    table = Table(title=f"Steps of worlds a second ({given.worlds} worlds, {steps} steps a run)")
    for title in ("", "steps a second", "least", "most", "study over it"):
        table.add_column(title, justify="right" if title else "left")
    for name, label in NAMES.items():
        numbers = [middle[name], min(rates[name]), max(rates[name])]
        over = middle["study"] / middle[name]
        table.add_row(label, *(f"{each:,.0f}" for each in numbers), f"{over:.3g}")
    out.print(table)
    told = ", ".join(f"{name} {value:.2f}" for name, value in returns.items())
    out.print(f"Mean returns of the value gate in the loop's worlds: {told}")
    reached = middle["study"] / middle["loop"] >= 100
    out.print(f"The aim, 100 times the loop, is {'met' if reached else 'missed'}.")
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    machine |= {"jax": jax.__version__, "on": jax.default_backend(), "load": os.getloadavg()[0]}
    out.print(machine)
    if given.json:
        with open(given.json, "w", encoding="utf-8") as file:
            json.dump({"machine": machine, "rates": rates, "returns": returns}, file, indent=1)


if __name__ == "__main__":
    main()
