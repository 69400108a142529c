"""Whom a sweep lets in and whom it believes, and scripts that must not be imported again."""

import contextlib
import io
import os
import subprocess
import sys
import types

import distributed
import pytest
from rich.console import Console

from curvkit.sweep import cluster, command, guard, make, plan, run, store, work

cryptography = pytest.importorskip("cryptography", reason="the extra `cluster` is not installed")
ROOM = "tuners.model"
STRANGER = """
import asyncio, distributed, sys
async def ask(address, **how):
    try:
        async with distributed.Client(address, asynchronous=True, timeout=5, **how) as client:
            await client.run_on_scheduler(print, "let in")
    except (OSError, RuntimeError, ValueError, TypeError) as error:
        print("refused", type(error).__name__)
where = sys.argv[1].partition("://")[2]
asyncio.run(ask(f"tcp://{where}"))
asyncio.run(ask(f"tls://{where}", security=distributed.Security.temporary()))
"""


@pytest.fixture(scope="module")
def embedded():
    """Return a client of the cluster that a sweep starts for itself."""
    with cluster.connected(None, 1) as client:
        yield client


@pytest.mark.slow
def test_the_cluster_of_a_sweep_lets_in_nobody_without_its_certificate(embedded):
    address = embedded.scheduler.address
    workers = list(embedded.scheduler_info()["workers"].values())
    addresses = [
        address,
        *embedded.scheduler_info()["workers"],
        *(each["nanny"] for each in workers),
    ]
    assert len(addresses) == 3 and all(each.startswith("tls://127.0.0.1:") for each in addresses)
    run = [sys.executable, "-c", STRANGER, address]
    done = subprocess.run(run, capture_output=True, text=True, timeout=120)
    assert done.stdout.count("refused") == 2 and "let in" not in done.stdout, done.stderr
    assert embedded.run_on_scheduler(os.getpid) == os.getpid()


@pytest.mark.slow
def test_workers_are_not_talked_to_by_strangers_either(embedded):
    async def knock(address, **how):
        try:
            comm = await distributed.comm.connect(address, timeout=5, **how)
        except (OSError, ValueError, RuntimeError, TypeError):
            return False
        comm.abort()
        return True

    def asked(address, **how):
        return embedded.sync(knock, address, **how)

    info = embedded.scheduler_info()["workers"]
    own = embedded.security.get_connection_args("client")
    other = distributed.Security.temporary().get_connection_args("client")
    for address, told in info.items():
        for each in (address, told["nanny"]):
            assert asked(each, **own)
            assert not asked(each, **other)
            assert not asked(each.replace("tls://", "tcp://"))


@pytest.mark.slow
def test_the_pages_that_dask_serves_are_for_this_machine_only(embedded):
    def served(dask_scheduler):
        server = dask_scheduler.http_server
        return [each.getsockname()[0] for each in server._sockets.values()]

    assert set(embedded.run_on_scheduler(served)) == {"127.0.0.1"}


def test_without_what_makes_certificates_nothing_is_started(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography", None)
    with pytest.raises(ValueError, match="A sweep needs dask, pyarrow and cryptography: pip insta"):
        make(ROOM, out=tmp_path / "out")
    assert not list(tmp_path.iterdir())


# A scheduler of others


@pytest.fixture
def certificates(tmp_path):
    """Return the files of a certificate and its key."""
    made = distributed.Security.temporary()
    for name in ("tls_ca_file", "tls_client_cert", "tls_client_key"):
        (tmp_path / name).write_text(getattr(made, name))
    return {
        "tls_ca_file": tmp_path / "tls_ca_file", "tls_cert": tmp_path / "tls_client_cert",
        "tls_key": tmp_path / "tls_client_key",
    }  # fmt: skip


SECURE = """
import distributed, sys, time
ca, cert, key = (open(each).read() for each in sys.argv[1:])
made = distributed.LocalCluster(
    processes=False, n_workers=1, threads_per_worker=1, host="127.0.0.1", protocol="tls",
    dashboard_address="127.0.0.1:0",
    security=distributed.Security(
        require_encryption=True, tls_ca_file=ca, tls_client_cert=cert, tls_client_key=key,
        tls_scheduler_cert=cert, tls_scheduler_key=key, tls_worker_cert=cert, tls_worker_key=key,
    ),
)
print(made.scheduler_address, flush=True)
time.sleep(600)
"""


@pytest.mark.slow
def test_a_scheduler_with_certificates_is_used_and_told_nothing_about(certificates, tmp_path):
    start = [sys.executable, "-c", SECURE, *map(str, certificates.values())]
    with subprocess.Popen(start, stdout=subprocess.PIPE, text=True) as running:
        try:
            address, said = running.stdout.readline().strip(), io.StringIO()
            assert address.startswith("tls://")
            given = dict(scheduler=address, out=tmp_path / "out", console=Console(file=said))
            security = cluster.secure(address, certificates)
            make(ROOM, fixed={"steps": 1}, **given, security=security)
            assert "asks nobody" not in said.getvalue()
            import dask

            names = ("ca-file", "client.cert", "client.key")
            files = zip(names, map(str, certificates.values()), strict=True)
            config = {f"distributed.comm.tls.{name}": path for name, path in files}
            with dask.config.set(config):
                assert (
                    cluster.secure(address, {}).tls_ca_file
                    == config["distributed.comm.tls.ca-file"]
                )
                with cluster.connected(address, 1, cluster.secure(address, {})) as client:
                    assert client.run(work.version)
        finally:
            running.kill()


@pytest.mark.parametrize(
    ("scheduler", "given", "said"),
    [
        ("tcp://a:1", {"tls_cert": "a"}, "--tls-cert is for a scheduler at tls://, but --schedule"),
        (None, {"tls_ca_file": "a"}, "--tls-ca-file is for a scheduler at tls://, but --scheduler"),
        ("tls://a:1", {}, "tls://a:1 wants certificates: name them by --tls-ca-file, --tls-cert"),
        ("tls://a:1", {"tls_key": __file__}, "tls://a:1 wants certificates"),
        (
            "tls://a:1",
            {"tls_ca_file": __file__, "tls_cert": __file__},
            "for tls://a:1 cannot be us",
        ),
    ],
)
def test_certificates_that_do_not_fit_are_refused_in_a_sentence(scheduler, given, said):
    with pytest.raises(ValueError, match=said) as refused:
        cluster.secure(scheduler, given)
    assert str(refused.value).endswith(".") and "\n" not in str(refused.value)


def test_a_certificate_that_is_not_there_is_named(certificates):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        cluster.secure("tls://a:1", {**certificates, "tls_key": "nowhere"})


@pytest.mark.parametrize(("scheduler", "told"), [("tcp://far:8786", 1), ("far:8786", 1)])
def test_a_scheduler_that_lets_in_everybody_is_told_of(tmp_path, monkeypatch, scheduler, told):
    monkeypatch.setattr(cluster, "connected", lambda *given: contextlib.nullcontext())
    said = []
    run._reach(None, scheduler, None)(1, said.append)
    assert [each.startswith(f"{scheduler} asks nobody who he is") for each in said] == [True] * told


def test_how_to_go_on_names_the_certificates_and_a_notebook_by_its_path(tmp_path):
    kept = store.Store.open(tmp_path, resume=False)
    kept.note(plan.Plan(ROOM, {}, {}), {})
    where = dict(out=tmp_path, scheduler="tls://a:1", tls_ca_file="a", notebook_of="b.ipynb")
    assert command._stopped(ROOM, False, where) == (
        f"Stopped; to go on: curvkit sweep {ROOM} --resume --out={tmp_path} --scheduler=tls://a:1 "
        "--tls-ca-file=a --notebook-of=b.ipynb"
    )


# Scripts


SCRIPT = """
from curvkit import sweep
{0}sweep.make("tuners.model", fixed={{"steps": 1}}, out="out", workers=1)
"""
UNGUARDED = {
    "as it is": SCRIPT.format(""),
    "within a with": SCRIPT.format("if True:\n    "),
    "in a function": "def go():" + SCRIPT.format("").replace("\n", "\n    ") + "\ngo()\n",
    "before the guard": SCRIPT.format("") + "if __name__ == '__main__':\n    pass\n",
    "after a test of something else": "if 1 == 1:\n    pass\n" + SCRIPT.format(""),
}


def test_a_script_without_the_guard_is_told_of_it_before_anything_starts(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT.format(""))
    run = [sys.executable, "script.py"]
    done = subprocess.run(run, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and "Nanny" not in done.stderr
    assert done.stderr.splitlines()[-1] == (
        f"ValueError: {tmp_path}/script.py cannot sweep as it is, for {guard.WHY}: {guard.TODO}."
    )
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", UNGUARDED)
def test_wherever_it_sweeps_without_the_guard_a_script_is_refused(tmp_path, monkeypatch, name):
    main = types.ModuleType("__main__")
    main.__file__ = str(tmp_path / "script.py")
    monkeypatch.setitem(sys.modules, "__main__", main)
    (tmp_path / "script.py").write_text(UNGUARDED[name])
    with pytest.raises(
        ValueError, match="script.py cannot sweep as it is, for the workers are proc"
    ):
        exec(compile(UNGUARDED[name], main.__file__, "exec"), vars(main))
    guarded = SCRIPT.format("if __name__ == '__main__':\n    ").replace('"tuners', '"no room')
    (tmp_path / "script.py").write_text(guarded)
    with pytest.raises(ValueError, match="There is no room 'no room.model'"):
        exec(compile(guarded, main.__file__, "exec"), vars(main))


def test_a_script_through_a_pipe_is_told_to_be_saved(tmp_path):
    run = dict(input=SCRIPT.format(""), cwd=tmp_path, capture_output=True, text=True)
    done = subprocess.run([sys.executable], **run, timeout=300)
    assert done.stderr.splitlines()[-1] == (
        f"ValueError: A script from <stdin> cannot sweep, for {guard.WHY}: save it in a file, and "
        f"in it {guard.TODO}."
    )


@pytest.mark.full
def test_a_script_with_the_guard_and_one_on_the_command_line_sweep(tmp_path):
    (tmp_path / "script.py").write_text(SCRIPT.format('if __name__ == "__main__":\n    '))
    for number, given in enumerate((["script.py"], ["-c", SCRIPT.format("")])):
        kept = dict(cwd=tmp_path, capture_output=True, text=True, timeout=300)
        done = subprocess.run([sys.executable, *given], **kept)
        assert done.returncode == 0, done.stderr
        (tmp_path / "out").rename(tmp_path / f"out {number}")


@pytest.mark.parametrize(
    ("text", "line", "asks"),
    [
        ("if __name__ == '__main__':\n    a()\n", 2, True),
        ("if '__main__' == __name__:\n    a()\n", 2, True),
        ("if __name__ != '__main__':\n    raise SystemExit\na()\n", 3, True),
        ("def main():\n    a()\nif __name__ == '__main__' and True:\n    main()\n", 4, True),
        ("a()\nif __name__ == '__main__':\n    b()\n", 1, False),
        ("name = __name__\na()\n", 2, False),
        ("a(\n", 1, True),
    ],
)
def test_whether_a_script_asks_for_its_name_is_read_from_it(tmp_path, text, line, asks):
    (tmp_path / "script.py").write_text(text)
    assert guard._asks(str(tmp_path / "script.py"), line) is asks


def test_who_imports_such_a_script_again_leaves_with_the_sentence(monkeypatch):
    import multiprocessing

    monkeypatch.setattr(multiprocessing.current_process(), "_inheriting", True, raising=False)
    with pytest.raises(SystemExit, match="cannot sweep as it is: call sweep.make below"):
        guard.check()


def test_workers_that_cannot_be_started_are_told_of_in_a_sentence(monkeypatch):
    def fails(**options):
        raise RuntimeError("Nanny failed to start.")

    monkeypatch.setattr(distributed, "LocalCluster", fails)
    with pytest.raises(
        ValueError, match="No workers can be started here: RuntimeError: Nanny"
    ) as no:
        with cluster.connected(None, 1):
            pytest.fail("started")
    assert str(no.value).endswith(f"a script has to {guard.TODO}.")
