"""Make .venv, the private environment, from requirements.lock. Standard library only.

Usage: setup.py            make or repair .venv, unless it is ready
       setup.py --check    exit 0 if the environment this Python belongs to is ready
       setup.py --floors   make .venv-floors with the oldest versions that pyproject.toml allows

It must run on Pythons that are too old, to be able to say so; hence no annotations here.
"""

import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from problems import Problem, check_python, check_venv, explain

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
STAMP = "curvkit-ready"
EXTRAS = "[dev,bench,cluster,verify]"


def say(text):
    print(f"curvkit: {text}", flush=True)


def attempt(command, **environment):
    """Run a command, show its long downloads, return its status and all that it printed."""
    lines = []
    process = subprocess.Popen(
        command,
        cwd=str(ROOT),
        env=dict(os.environ, PIP_USER="0", **environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process.stdout as printed:
        for line in printed:
            lines.append(line)
            if line.startswith(("Downloading", "Prepared", "Installed")):
                print("         " + line, end="", flush=True)
    return process.wait(), "".join(lines)


def run(doing, *command):
    """Run an installer; say in one sentence why it failed."""
    command = [str(part) for part in command]
    try:
        status, output = attempt(command)
        if status and "certificate" in output:
            # uv trusts its own list of authorities; a firm's network needs the machine's.
            status, output = attempt(command, UV_SYSTEM_CERTS="1", UV_NATIVE_TLS="1")
    except OSError as error:
        raise Problem(f"{doing} failed ({error}): run make clean, then make again.") from None
    if status:
        (ROOT / ".venv-setup.log").write_text(output)
        raise Problem(explain(doing, output))


def wanted_stamp(version):
    """Python and place, then what the environment was made from (a new GPU driver counts)."""
    digest = hashlib.sha256()
    for path in (LOCK, ROOT / "pyproject.toml", Path(__file__)):
        digest.update(path.read_bytes())
    digest.update(str(bool(shutil.which("nvidia-smi"))).encode())
    return f"{version[0]}.{version[1]} {ROOT}\n{digest.hexdigest()}\n"


def is_ready(env, version):
    stamp = env / STAMP
    return stamp.is_file() and stamp.read_text() == wanted_stamp(version)


def only_stale(env, version):
    """Whole, made by this Python in this place, but from another lock."""
    stamp = env / STAMP
    made_from = stamp.read_text() if stamp.is_file() else ""
    wanted = wanted_stamp(version)
    return made_from != wanted and made_from.split("\n")[0] == wanted.split("\n")[0]


def check():
    """Asked of the environment's own Python, so that a broken one cannot answer yes."""
    installed = all(importlib.util.find_spec(name) for name in ("jax", "jupyterlab", "curvkit"))
    return installed and is_ready(Path(sys.prefix), sys.version_info)


def working(tool):
    """The tool if it runs; version managers leave names on PATH that do not."""
    try:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        return tool and subprocess.call([str(tool), "--version"], **quiet) == 0 and tool
    except OSError:
        return None


def uv_on_path(env):
    """The user's uv; the one inside the environment goes when that is remade."""
    found = shutil.which("uv")
    return None if found and env.resolve() in Path(found).resolve().parents else working(found)


def stanza(lock, name):
    """The lines of the lock that pin one package, hashes included."""
    found = re.search(rf"^{name}==.*\n(?: +--hash=.*\n)*", lock, re.MULTILINE)
    if not found:
        raise Problem(f"requirements.lock does not pin {name}: run git checkout requirements.lock.")
    return found.group(0)


def make_empty(env, uv):
    """An environment of which nothing is left over from an interrupted or another one."""
    # Not sys.executable: in an activated .venv that is the one about to be deleted.
    python = getattr(sys, "_base_executable", sys.executable)
    if not uv:
        check_venv()
    say(f"making {env.name} with Python {sys.version_info[0]}.{sys.version_info[1]} ({python})")
    if env.exists():
        shutil.rmtree(env)
    if uv:
        run("Making the environment", uv, "venv", "--python", python, env)
    else:
        run("Making the environment", python, "-m", "venv", env)


def fetch_uv(env):
    """The pinned uv, by the pip that every new environment has."""
    pin = stanza(LOCK.read_text(), "uv")
    say(f"fetching the installer ({pin.split()[0]})")
    with tempfile.TemporaryDirectory() as folder:
        wanted = Path(folder) / "uv.txt"
        wanted.write_text(pin)
        pip = [env / "bin/python", "-m", "pip", "install", "--retries", "1", "--no-deps"]
        run("Fetching uv", *pip, "--only-binary", ":all:", "--require-hashes", "-r", wanted)
    return env / "bin/uv"


def keep_gpu_shared(env):
    """Name this Python in the kernel; keep the first notebook from taking the whole GPU, and the
    GPU from rounding what it multiplies to ten bits.
    """
    path = env / "share/jupyter/kernels/python3/kernel.json"
    spec = json.loads(path.read_text())
    spec["argv"][0] = str(env / "bin/python")
    shared = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "JAX_DEFAULT_MATMUL_PRECISION": "highest"}
    spec["env"] = {**spec.get("env", {}), **shared}
    # Not written in place: the installer may have linked this file to its cache.
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(spec, indent=1) + "\n")
    os.replace(fresh, path)


def leave_news_out(env):
    """JupyterLab would ask about its news in the first minute of every class."""
    folder = env / "share/jupyter/lab/settings"
    folder.mkdir(parents=True, exist_ok=True)
    quiet = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
    (folder / "overrides.json").write_text(json.dumps(quiet, indent=1) + "\n")


def compile_all(env):
    """Python's own compiling, once for all: else a program does it when it first meets a module,
    or whenever it starts, where Python may keep nothing. What cannot be compiled is never met.
    """
    say("compiling the packages, so that notebooks start fast")
    python = env / "bin/python"
    ask = [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]
    folder = subprocess.check_output([str(part) for part in ask], text=True).strip()
    command = [str(python), "-m", "compileall", "-qq", "-j", "0"]
    attempt([*command, "-x", "site-packages.*/tests?/", folder, str(ROOT / "curvkit")])


def add_cuda(env, uv):
    """Only where a driver answers; a failure leaves a working environment without the GPU."""
    if not working(shutil.which("nvidia-smi")):
        return
    version = stanza(LOCK.read_text(), "jax").split()[0].split("==")[1]
    wanted = f"jax[cuda12]=={version}"
    say(f"a GPU is here, installing {wanted}")
    try:
        run("Installing GPU support", uv, "pip", "install", "--python", env / "bin/python", wanted)
    except Problem as problem:
        say(f"warning, runs use the CPU (make clean, then make, tries again): {problem}")


def set_up(env):
    started = time.time()
    stamp = env / STAMP
    uv = uv_on_path(env)
    if only_stale(env, sys.version_info) and working(env / "bin/python"):
        say("requirements.lock or pyproject.toml has changed, bringing .venv up to date")
        stamp.unlink()
    else:
        make_empty(env, uv)
    uv = uv or working(env / "bin/uv") or fetch_uv(env)
    count = len(re.findall(r"^[a-z0-9].*==", LOCK.read_text(), re.MULTILINE))
    say(f"installing up to {count} packages from requirements.lock (the first time takes minutes)")
    target = ["--python", env / "bin/python"]
    run("Installing the packages", uv, "pip", "sync", *target, "--require-hashes", LOCK)
    editable = ["--no-deps", "--no-build-isolation", "-e", ROOT]
    run("Installing curvkit itself", uv, "pip", "install", *target, *editable)
    keep_gpu_shared(env)
    leave_news_out(env)
    add_cuda(env, uv)
    compile_all(env)
    stamp.write_text(wanted_stamp(sys.version_info))
    say(f"ready after {time.time() - started:.0f} s")


def set_up_floors(env):
    if is_ready(env, (3, 11)):
        return
    uv = uv_on_path(env) or ROOT / ".venv/bin/uv"
    say(f"making {env.name} with Python 3.11 and the oldest versions allowed")
    if env.exists():
        shutil.rmtree(env)
    run("Making the environment", uv, "venv", "--python", "3.11", env)
    install = [uv, "pip", "install", "--python", env / "bin/python"]
    oldest = ["--resolution", "lowest-direct", "-e", str(ROOT) + EXTRAS]
    run("Installing the oldest versions", *install, *oldest)
    compile_all(env)
    (env / STAMP).write_text(wanted_stamp((3, 11)))


def main(arguments):
    if arguments == ["--check"]:
        return 0 if check() else 1
    try:
        check_python(sys.version_info)
        if arguments == ["--floors"]:
            set_up_floors(ROOT / ".venv-floors")
        elif not (
            is_ready(ROOT / ".venv", sys.version_info)
            and subprocess.call([str(ROOT / ".venv/bin/python"), __file__, "--check"]) == 0
        ):
            set_up(ROOT / ".venv")
    except Problem as problem:
        print(f"curvkit: {problem}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("curvkit: interrupted; the next make starts the set-up again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
