"""JupyterLab as a person has it, for the tests and timings that look at it in a browser."""

import contextlib
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

# Whether a notebook is shown, its kernel waits for something to do, and its commands reach it: one
# that is given too early is lost.
READY = """() => {
  const app = window.jupyterapp, kernel = app?.shell.currentWidget?.sessionContext?.session?.kernel;
  return kernel && kernel.connectionStatus === "connected" && kernel.status === "idle"
    && app.commands.isEnabled("notebook:run-all-cells");
}"""
# What to say where it does not come to what is waited for.
STATE = """() => {
  const shown = window.jupyterapp.shell.currentWidget, cells = [...shown.content.model.cells];
  return { kernel: shown.sessionContext.session?.kernel?.status,
    ran: cells.map((each) => each.sharedModel.execution_count ?? null) };
}"""
ENVIRONMENT = {"JUPYTER_PREFER_ENV_PATH": "1", "XLA_PYTHON_CLIENT_PREALLOCATE": "false"}


@contextlib.contextmanager
def running(root: Path) -> Iterator[tuple[str, str, int]]:
    """JupyterLab on a folder, with a workspace of its own, or it would look for what a person had
    open the last time: its address, its token and its process.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(8)
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += ["--ServerApp.ip=127.0.0.1", f"--port={port}", f"--IdentityProvider.token={token}"]
    command += [f"--ServerApp.root_dir={root}", "--expose-app-in-browser"]
    command += [f"--LabApp.workspaces_dir={root / 'workspaces'}"]
    address = f"http://127.0.0.1:{port}"
    with (root / "lab.log").open("w") as log:
        server = subprocess.Popen(
            command, env={**os.environ, **ENVIRONMENT}, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _await(f"{address}/api?token={token}", server)
            yield address, token, server.pid
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:  # it waits for a kernel that does not answer
                server.kill()
                server.wait()


def _await(address: str, server: subprocess.Popen[bytes]) -> None:
    for _ in range(600):
        assert server.poll() is None, "JupyterLab did not start"
        try:
            with urllib.request.urlopen(address, timeout=2):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("JupyterLab did not answer within a minute")
