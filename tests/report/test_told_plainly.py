"""What goes wrong around a report is said in a sentence that helps; its log has no noise."""

import io

import pytest
from jupyter_client.provisioning import LocalProvisioner
from rich.console import Console
from scripts import notebook

from curvkit import __main__
from curvkit.report import run


def refused(capsys, *arguments):
    """What is said of a command line that is refused."""
    with pytest.raises(SystemExit) as ended:
        __main__.main([str(each) for each in arguments])
    told = capsys.readouterr().err
    assert ended.value.code == 2 and told.count("\n") == 1
    return told


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return a small notebook, and work in a folder where nothing else is."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return notebook(tmp_path / "a.ipynb", "x = 1", "print(x)")


def test_a_bundle_goes_into_a_folder_that_is_there(path, tmp_path, capsys):
    __main__.app(["bundle", str(path), "--out", str(tmp_path)], standalone_mode=False)
    assert (tmp_path / "a_bundle.ipynb").is_file()
    assert str(tmp_path / "a_bundle.ipynb") in capsys.readouterr().out


@pytest.mark.parametrize("name", ["b.txt", "no/such"])
def test_a_bundle_is_a_file_that_jupyter_opens(path, capsys, name):
    told = refused(capsys, "bundle", path, "--out", name)
    assert "ending in .ipynb" in told and name in told


@pytest.mark.parametrize("command", ["report", "gallery", "bundle"])
def test_an_empty_name_is_not_the_working_folder(path, capsys, tmp_path, command):
    told = refused(capsys, command, path, "--out", "")
    assert "--out must name a place" in told and not list((tmp_path / "work").iterdir())


def test_a_report_does_not_go_into_a_file(path, capsys, tmp_path):
    (tmp_path / "notes.md").write_text("mine")
    told = refused(capsys, "report", path, "--out", tmp_path / "notes.md")
    assert "notes.md is a file" in told and "folder" in told


def test_a_torn_notebook_is_named_with_its_folder(path, capsys):
    path.write_text("{")
    assert f"{path} is no notebook" in refused(capsys, "bundle", path)
    with pytest.raises(SystemExit) as ended:
        __main__.main(["report", str(path), "--out", "pages"])
    said = "  a failed in its reading: it is no notebook: it is not the JSON of one.\n"
    assert capsys.readouterr().err == f"1 of 1 notebook failed:\n{said}" and ended.value.code == 1


def reported(path, out):
    """The sentences of a report, and its log."""
    failed = run.make([path], out=out, console=Console(file=io.StringIO()))
    return failed, (out / f"{path.stem}.log").read_text()


def test_a_kernel_that_died_is_told_with_what_may_help(path, tmp_path):
    notebook(path, "import os", "os.kill(os.getpid(), 9)")
    (failed,), _ = reported(path, tmp_path / "out")
    assert "Kernel died; most often memory had run out" in failed and "--jobs 1" in failed


def test_a_kernel_that_has_answered_is_not_interrupted_and_its_log_is_quiet(
    path, tmp_path, monkeypatch
):
    sent, kept = [], LocalProvisioner.send_signal

    async def send_signal(self, signum):
        sent.append(signum)
        await kept(self, signum)

    monkeypatch.setattr(LocalProvisioner, "send_signal", send_signal)
    failed, log = reported(path, tmp_path / "out")
    assert not failed and not [each for each in sent if each]  # 0 asks whether it is alive
    assert "IPKernelApp" not in log and "Executing Cell 2" in log


def test_what_the_kernel_itself_calls_an_error_is_in_the_log(path, tmp_path):
    notebook(path, "get_ipython().kernel.log.error('a comm is lost')")
    assert "a comm is lost" in reported(path, tmp_path / "out")[1]
