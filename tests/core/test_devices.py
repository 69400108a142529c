"""Runs side by side are shared out among several devices, and come to the same numbers."""

import json
import os
import subprocess
import sys

import jax
import pytest

from curvkit.core import devices

BATCH = """
import json, jax, numpy as np
from curvkit.core import devices
from curvkit.tuners import model

told = {"devices": jax.device_count()}
where = {number: devices.sharding(number) for number in (1, 3, 4, 6, 8)}
told["shares"] = {number: each.num_devices if each else 1 for number, each in where.items()}
settings = [model.Settings.read(sigma=1 + number / 8, steps=30) for number in range(8)]
seen, kept = [], devices.spread
devices.spread = lambda tree: seen.append(kept(tree)) or seen[-1]
traces = model.stream.batch(settings)
told["on"] = len(seen[0].sigma.sharding.device_set)
told["apart"] = max(
    float(np.nanmax(np.abs(one - other) / (1 + np.abs(other))))
    for each, trace in zip(settings, traces)
    for one, other in zip(trace.arrays().values(), model.run(each).arrays().values())
)
print(json.dumps(told))
"""
SEEDS = """
import json, jax, numpy as np
from curvkit import tuners
from curvkit.core import devices

small = dict(data="chebyshev", width=4, depth=1, steps=22, rival="none", seeds=4)
small, key = tuners.Settings.read(small), jax.random.key(0)

def on():
    return len(tuners.stream.begin(small, key).runners[0].params.sharding.device_set)

told, shared = {"on": on()}, tuners.run(small)
devices.spread = lambda tree: tree
jax.clear_caches()
told["alone on"], alone = on(), tuners.run(small)
told["apart"] = float(np.abs(shared.loss - alone.loss).max() / np.abs(alone.loss).max())
print(json.dumps(told))
"""


def on_four(program):
    """What a program says where four devices are forced upon one processor, in place of cards."""
    flags = "--xla_force_host_platform_device_count=4"
    env = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_on_one_device_nothing_changes():
    if jax.device_count() > 1:
        pytest.skip("there are several devices here")
    tree = {"a": jax.numpy.zeros(8)}
    assert devices.sharding(8) is None and devices.spread(tree) is tree
    assert devices.spread({}) == {}


@pytest.mark.slow
def test_the_runs_of_a_batch_are_shared_out_among_four_devices():
    told = on_four(BATCH)
    assert told["devices"] == told["on"] == 4
    assert told["shares"] == {"1": 1, "3": 3, "4": 4, "6": 3, "8": 4}
    # Both are the same sums in another order, over thirty steps that do not amplify rounding.
    assert told["apart"] < 1e-4


@pytest.mark.full
def test_the_seeds_of_a_race_are_shared_out_among_four_devices():
    told = on_four(SEEDS)
    assert (told["on"], told["alone on"]) == (4, 1)
    assert told["apart"] < 1e-4
