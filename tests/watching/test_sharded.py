"""Parameters that lie on several devices are watched as if they lay on one."""

import os
import subprocess
import sys

import pytest

PROGRAM = """
import jax, jax.numpy as jnp, numpy as np, curvkit
from jax.sharding import Mesh, NamedSharding, PartitionSpec
assert len(jax.devices()) == 2
loss = lambda p, x: jnp.mean(jnp.tanh(x @ p["w"]) @ p["v"]) ** 2 + 0.1 * jnp.sum(p["w"] ** 2)
params = {"w": jax.random.normal(jax.random.key(0), (8, 8)), "v": jnp.ones(8)}
batch = jax.random.normal(jax.random.key(1), (16, 8))
mesh = Mesh(np.array(jax.devices()), ("model",))
rows = NamedSharding(mesh, PartitionSpec("model"))
found = []
for each in (params, jax.device_put(params, rows)):
    watcher = curvkit.watch(loss, learning_rate=0.1, k=2, per_layer=True, budget=None, every=1)
    for step in range(2):
        watcher.observe(each, step=step, batch=batch)
    found.append(np.concatenate([watcher.trace.eigenvalues, watcher.trace.layers], axis=1))
assert len(each["w"].sharding.device_set) == 2
assert np.isfinite(found[0]).all()
np.testing.assert_allclose(found[1], found[0], rtol=2e-3)
"""


# Devices that are threads wait for each other by spinning: on busy cores that takes minutes.
@pytest.mark.full
def test_parameters_on_two_devices_are_read_as_on_one():
    flags = "--xla_force_host_platform_device_count=2"
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
