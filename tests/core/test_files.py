"""Files: what has another kind of thing's name is refused, and nothing of others is replaced."""

import os
import socket
import stat
from pathlib import Path

import numpy as np
import pytest

import curvkit.tuners.model as house
from curvkit.core import files
from curvkit.core.trace import is_one

posix = pytest.mark.skipif(os.name == "nt", reason="Windows has other kinds of files")
yes, no = (lambda path: True), (lambda path: False)


@pytest.fixture(scope="module")
def trace():
    """Return a trace of two readings."""
    return house.run(house.Settings.read(steps=1))


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """Return the names of what is no file, each with what it is, in the working directory."""
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    os.mkdir("folder")
    (tmp_path / "file").write_text("mine")
    for name, to in (("to a file", "file"), ("to a folder", "folder"), ("to nothing", "nowhere"),
                     ("to itself", "to itself"), ("to a device", "/dev/null")):  # fmt: skip
        os.symlink(to, name)
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind("socket")
    kinds = {each: "a link" for each in os.listdir() if each.startswith("to ")}
    kinds |= {"pipe": "a pipe", "folder": "a folder", "socket": "a socket", "/dev/null": "a device",
              ".": "a folder", "..": "a folder", "/": "a folder", "": "a folder"}  # fmt: skip
    for made, kind in (
        ("a device of characters", stat.S_IFCHR),
        ("a device of blocks", stat.S_IFBLK),
    ):
        try:
            os.mknod(made, kind | 0o600, os.makedev(1, 3))
        except OSError:  # which only root may make, and not everywhere
            continue
        kinds[made] = "a device"
    return kinds


def there():
    """What is in the working directory, each as it is."""
    return {name: (os.lstat(name).st_mode, os.lstat(name).st_ino) for name in os.listdir()}


@posix
def test_what_is_no_file_is_refused_by_every_writer_and_stays(odd, trace):
    before, device = there(), os.stat("/dev/null")
    writers = {
        "write": lambda path: files.write(path, "text"),
        "save": trace.save,
        "ready": lambda path: files.ready(path, yes, "mine"),
        "replaceable": lambda path: files.replaceable(path, yes, "mine"),
    }
    for name, kind in odd.items():
        for writer, write in writers.items():
            with pytest.raises(
                ValueError, match=rf"is {kind}, which is not replaced; name a file\.$"
            ):
                write(name)
                pytest.fail(f"{writer} took {name!r}")
    assert there() == before and len(odd) >= 13
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode) and os.stat("/dev/null") == device
    assert Path("file").read_text() == "mine"


@posix
def test_a_log_does_not_follow_a_link_and_is_new(odd):
    for name in ("pipe", "to a file", "to nothing", "/dev/null"):
        with pytest.raises(ValueError, match="which is not replaced"):
            files.fresh(Path(name))
    os.link("file", "another name of it")
    with files.fresh(Path("file")) as log:
        log.write("lines")
    assert (Path("file").read_text(), Path("another name of it").read_text()) == ("lines", "mine")


@posix
def test_a_lock_does_not_empty_what_it_is_linked_to(odd):
    from curvkit.host.files import locked

    os.symlink("../file", "folder/.lock")
    with pytest.raises(ValueError, match="folder/.lock is a link, which is not replaced"):
        with locked(Path("folder"), "report"):
            pytest.fail("locked")
    assert Path("file").read_text() == "mine"


@posix
def test_another_name_of_a_file_keeps_what_it_had(tmp_path, trace):
    path = trace.save(tmp_path / "one.npz")
    os.link(path, tmp_path / "other.npz")
    before = path.read_bytes()
    house.run(house.Settings.read(steps=2)).save(path)
    assert (tmp_path / "other.npz").read_bytes() == before != path.read_bytes()


@posix
def test_a_folder_is_reached_through_a_link(tmp_path, trace):
    (tmp_path / "far").mkdir()
    (tmp_path / "near").symlink_to("far")
    assert trace.save(tmp_path / "near/trace.npz") == tmp_path / "near/trace.npz"
    assert os.listdir(tmp_path / "far") == ["trace.npz"] and (tmp_path / "near").is_symlink()
    assert files.same(tmp_path / "near/a", tmp_path / "far/a")
    assert not files.same(tmp_path / "near/a", tmp_path / "far/b")


@posix
@pytest.mark.parametrize("mask", [0o022, 0o077, 0o027, 0o002])
def test_modes_follow_the_umask_whoever_writes(tmp_path, trace, mask):
    before = os.umask(mask)
    try:
        made = [trace.save(tmp_path / "a"), files.write(tmp_path / "b", "text")]
        files.fresh(tmp_path / "c").close()
    finally:
        os.umask(before)
    for path in (*made, tmp_path / "c"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~mask


def test_a_file_of_somebody_else_is_not_replaced_by_a_trace(tmp_path, trace):
    np.savez(tmp_path / "numbers.npz", data=np.ones(3))
    np.savez(tmp_path / "headed.npz", header=np.ones(3), data=np.ones(3))
    np.savez(tmp_path / "worded.npz", header=np.array("a,b,c"), data=np.ones(3))
    (tmp_path / "words.npz").write_text("mine")
    for path in sorted(tmp_path.iterdir()):
        before = path.read_bytes()
        with pytest.raises(
            ValueError, match="is not a trace of curvkit, so it is not replaced; na"
        ):
            trace.save(path)
        assert path.read_bytes() == before and not is_one(path)
    assert len(list(tmp_path.iterdir())) == 4


def test_a_trace_an_empty_file_and_a_damaged_trace_are_replaced(tmp_path, trace):
    path = tmp_path / "trace.npz"
    path.touch()
    whole = trace.save(path).read_bytes()
    for content in (whole, whole[:100], whole[100:], whole[:-1], b"\0" + whole[1:]):
        path.write_bytes(content)
        assert trace.save(path).read_bytes() == whole


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("no/such/file", FileNotFoundError, r"There is no folder '.*/no/such' to write to\.$"),
        ("file/in it", OSError, r"cannot be written to: Not a directory; name another place\.$"),
        ("a" * 300, OSError, r"cannot be written to: File name too long; name another place\.$"),
        ("é" * 200, OSError, r"cannot be written to: File name too long; name another place\.$"),
        ("a\0b", ValueError, r"is no name of a file: .*embedded null .*\.$"),
    ],
)
def test_a_name_that_nothing_can_have_is_refused_in_a_sentence(tmp_path, name, error, said):
    (tmp_path / "file").write_text("mine")
    for check in (lambda path: files.ready(path, yes, "mine"), lambda path: files.write(path, "")):
        with pytest.raises(error, match=said) as refused:
            check(tmp_path / name)
        assert "\n" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_names_that_are_as_long_as_they_can_be_are_written(tmp_path):
    for name in ("a" * 255, "é" * 127, ".hidden", "a b%c"):
        assert files.write(files.ready(tmp_path / name, yes, "mine"), "x").read_text() == "x"


def test_a_folder_that_cannot_be_written_to_is_told_before(tmp_path, monkeypatch):
    def refused(path, *rest):
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "open", refused)
    with pytest.raises(PermissionError, match=r"cannot be written to: Permission denied; name"):
        files.ready(tmp_path / "a", yes, "mine")


def test_nothing_is_left_by_looking_whether_a_file_can_be_written(tmp_path):
    files.ready(tmp_path / "a", no, "mine")
    assert not list(tmp_path.iterdir())
    (tmp_path / "a").write_text("mine")
    with pytest.raises(ValueError, match="a is not yours, so it is not replaced"):
        files.ready(tmp_path / "a", no, "yours")


def test_a_folder_is_made_where_there_is_none_and_nothing_else_is_taken_for_one(odd):
    assert files.folder(Path("a/b")).is_dir()
    assert files.folder(Path("to a folder")).is_dir()
    for name, kind in (("file", "a file"), ("pipe", "a pipe"), ("to nothing", "a link")):
        with pytest.raises(ValueError, match=f"{name} is {kind}, and no folder; name another"):
            files.folder(Path(name))
    with pytest.raises(ValueError, match="to a folder is a link, and curvkit keeps its files"):
        files.own_folder(Path("to a folder"))
    with pytest.raises(OSError, match="Not a directory"):
        files.folder(Path("file/below"))


def test_an_ending_says_what_is_written():
    place = files.file_named("--figure", [".html", ".htm"])
    assert place("a.html").name == "a.html" and place("b.HTM").name == "b.HTM"
    for name in ("f.png", "f.json", "f", "f.html.gz", ".html", "html"):
        with pytest.raises(
            OSError, match=r"--figure must be a file that ends in \.html or \.htm, b"
        ):
            place(name)
    with pytest.raises(OSError, match="--figure must name a file, but 'a.html/' is a folder"):
        place("a.html/")
    with pytest.raises(FileNotFoundError, match="--figure must name a place to write to, but ''"):
        place("")
