"""What can be missing on a fresh machine, each in one sentence. Standard library only."""

import importlib.util
import sys

NETWORK_SIGNS = (
    "failed to fetch",
    "connection",
    "dns error",
    "name resolution",
    "timed out",
    "tunnel error",
    "error sending request",
    "unreachable",
    "no matching distribution",
)


class Problem(Exception):
    """What is missing and what to do, in one sentence."""


def check_python(version):
    if tuple(version[:2]) < (3, 11):
        found = ".".join(str(part) for part in version[:2])
        raise Problem(
            f"Python 3.11 or newer is needed and this one is {found}: install a newer one, "
            "or name one with make PYTHON=..., and run make again."
        )


def check_venv(find_spec=importlib.util.find_spec):
    """Debian and Ubuntu ship these two modules in a package of their own."""
    for module in ("venv", "ensurepip"):
        if find_spec(module) is None:
            package = "python{}.{}-venv".format(*sys.version_info)
            raise Problem(
                f"{sys.executable} lacks the module {module}, without which no private environment "
                f"can be made: install it (Debian, Ubuntu: apt install {package}) or install uv, "
                "and run make again."
            )


def explain(doing, output):
    """Turn what an installer printed into one sentence."""
    text = output.lower()
    if "hash" in text and ("mismatch" in text or "do not match" in text):
        return (
            f"{doing} stopped because a downloaded file does not have the hash that "
            "requirements.lock names: restore that file (git checkout requirements.lock) or try "
            "another network, and run make again."
        )
    if "certificate" in text:
        return (
            f"{doing} stopped because the certificate of the package index is not trusted: set "
            "SSL_CERT_FILE to the certificates of your network, and run make again."
        )
    if "no space left" in text:
        return f"{doing} stopped because the disk is full: free about 3 GB, and run make again."
    if any(sign in text for sign in NETWORK_SIGNS):
        return (
            f"{doing} needs the network and the package index cannot be reached: connect to the "
            "network (or set HTTPS_PROXY), and run make again."
        )
    last = (output.strip().splitlines() or ["no output"])[-1].strip()
    return f"{doing} failed ({last}): see .venv-setup.log, and run make again."
