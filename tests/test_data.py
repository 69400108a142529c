"""Large data sets: from files as they are published, checked, and a sentence where they are not."""

import functools
import gzip
import hashlib
import http.server
import io
import tarfile
import threading
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.datasets import load_digits

from curvkit import data, download

PIXELS = np.arange(96, dtype=np.uint8).reshape(4, 4, 6)
LABELS = np.array([0, 1, 0, 2], np.uint8)


def packed(array):
    """An array of bytes as a gzipped idx file."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return gzip.compress(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes(), mtime=0)


PUBLISHED = {
    "images-idx3": packed(PIXELS[:3]), "labels-idx1": packed(LABELS[:3]),
    "t10k-images-idx3": packed(PIXELS[3:]), "t10k-labels-idx1": packed(LABELS[3:]),
}  # fmt: skip
FILES = tuple(
    download.File(name, len(content), hashlib.sha256(content).hexdigest())
    for name, content in PUBLISHED.items()
)
SMALL = download.Source("small", (4, 6), (2, 1, 1), FILES, (), download.MNIST.read)


class Server(http.server.ThreadingHTTPServer):
    """Publishes files, breaks off as often as it is told to, and notes what it was asked."""

    def __init__(self, content, breaks=0, goes_on=True):
        super().__init__(("127.0.0.1", 0), Answers)
        self.content, self.breaks, self.goes_on, self.asked = content, breaks, goes_on, []

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_port}/"

    def __enter__(self):
        threading.Thread(target=functools.partial(self.serve_forever, 0.01), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Answers(http.server.BaseHTTPRequestHandler):
    """Answers in full, or from a byte on, or with half of what was asked."""

    def do_GET(self):
        server, start = self.server, self.headers.get("Range")
        server.asked.append((self.path[1:], start))
        content = server.content.get(self.path[1:])
        if content is None:
            return self.send_error(404)
        first = int(start[6:-1]) if start and server.goes_on else 0
        content = content[first:]
        self.send_response(206 if first else 200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if server.breaks:
            server.breaks, content = server.breaks - 1, content[: len(content) // 2]
        self.wfile.write(content)
        return None

    def log_message(self, *_):
        pass


def read(server, home, source=SMALL):
    """What is read of files that a server publishes."""
    return download.images(source._replace(addresses=(server.address,)), home, progress=False)


def test_files_are_fetched_once_checked_and_kept_as_arrays(tmp_path):
    with Server(PUBLISHED) as server:
        for _ in range(2):
            pixels, labels = read(server, tmp_path)
            np.testing.assert_array_equal(pixels, PIXELS)
            np.testing.assert_array_equal(labels, LABELS)
        assert [name for name, _ in server.asked] == [*PUBLISHED]
    # From the files alone, and from the arrays alone.
    for gone in ("small.npz", "small/images-idx3"):
        (tmp_path / "curvkit" / gone).unlink()
        np.testing.assert_array_equal(read(server, tmp_path)[0], PIXELS)


@pytest.mark.parametrize("goes_on", [True, False])
def test_what_breaks_off_is_gone_on_with_or_begun_anew(tmp_path, goes_on):
    with Server(PUBLISHED, breaks=3 if goes_on else 1, goes_on=goes_on) as server:
        np.testing.assert_array_equal(read(server, tmp_path)[0], PIXELS)
        half = FILES[0].size // 2
        assert server.asked[:2] == [("images-idx3", None), ("images-idx3", f"bytes={half}-")]


def test_the_next_call_goes_on_from_what_has_come(tmp_path):
    with Server({"images-idx3": PUBLISHED["images-idx3"]}) as server:
        message = (
            r"small is not in .*small, where 0 of \d+ bytes of labels-idx1 have come.*Not Found"
        )
        with pytest.raises(ConnectionError, match=message):
            read(server, tmp_path)
    part = tmp_path / "curvkit" / "small" / "labels-idx1.part"
    part.write_bytes(PUBLISHED["labels-idx1"][:9])
    with Server(PUBLISHED) as server:
        np.testing.assert_array_equal(read(server, tmp_path)[1], LABELS)
        assert ("labels-idx1", "bytes=9-") in server.asked and not part.exists()
        assert "images-idx3" not in dict(server.asked)


def test_without_a_network_a_sentence_says_what_to_do(tmp_path, monkeypatch):
    nowhere = ("http://127.0.0.1:9/",)
    for name in ("MNIST", "CIFAR10"):
        source = getattr(download, name)._replace(addresses=nowhere)
        monkeypatch.setattr(download, name, source)
        with pytest.raises(
            ConnectionError, match=rf"{source.name} is not in .* or bring the files"
        ):
            getattr(data, source.name)(10, data_home=str(tmp_path))


def test_what_is_not_the_file_that_is_published_is_refused_and_not_kept(tmp_path):
    wrong = PUBLISHED | {"labels-idx1": PUBLISHED["labels-idx1"][:-1] + b"?"}
    with Server(wrong) as server, pytest.raises(ValueError, match="does not have the SHA-256 sum"):
        read(server, tmp_path)
    home = tmp_path / "curvkit" / "small"
    assert [each.name for each in home.iterdir()] == ["images-idx3"]
    (home / "labels-idx1").write_bytes(b"brought by hand")
    with pytest.raises(ValueError, match="labels-idx1 is not labels-idx1 as it is published"):
        read(server, tmp_path)
    # Of two labels, and not of the classes that there should be.
    for name, content in PUBLISHED.items():
        (home / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"class counts \(2, 1, 1\), not .* and \(1, 2, 1\)"):
        read(server, tmp_path, SMALL._replace(counts=(1, 2, 1)))
    with pytest.raises(ValueError, match="An idx file of bytes begins with"):
        download.idx(gzip.compress(b"neither"))


def test_cifar_is_read_from_records_in_the_archive_and_nothing_is_unpacked(tmp_path, monkeypatch):
    rng, file = np.random.default_rng(0), io.BytesIO()
    rows = rng.integers(0, 256, (12, 3073)).astype(np.uint8)
    rows[:, 0] = np.arange(12) % 10
    names = ["test_batch.bin", *(f"data_batch_{number}.bin" for number in range(1, 6))]
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for at, name in enumerate(names):
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            content = rows[2 * at : 2 * at + 2].tobytes()
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    content = file.getvalue()
    known = download.File("cifar.tar.gz", len(content), hashlib.sha256(content).hexdigest())
    counts = tuple(np.bincount(rows[:, 0]).tolist())
    source = download.CIFAR10._replace(files=(known,), counts=counts)
    with Server({"cifar.tar.gz": content}, breaks=2) as server:
        monkeypatch.setattr(download, "CIFAR10", source._replace(addresses=(server.address,)))
        pixels, labels = read(server, tmp_path, source)
        assert data.cifar10(12, data_home=str(tmp_path)).inputs.shape == (12, 3072)
    # Those for tests stand last; colours are planes of 32 by 32.
    np.testing.assert_array_equal(labels, [*rows[2:, 0], *rows[:2, 0]])
    np.testing.assert_array_equal(pixels[0].ravel(), rows[2, 1:])
    assert pixels[0, 1, 2, 3] == rows[2, 1 + 1024 + 2 * 32 + 3]
    assert [each.name for each in (tmp_path / "curvkit" / "cifar10").iterdir()] == ["cifar.tar.gz"]
    with pytest.raises(ValueError, match="has no data_batch_1.bin"):
        empty = io.BytesIO()
        tarfile.open(fileobj=empty, mode="w:gz").close()
        download.CIFAR10.read([empty.getvalue()])


def test_images_are_scaled_shuffled_and_one_hot(tmp_path, monkeypatch, capsys):
    with Server(PUBLISHED) as server:
        monkeypatch.setattr(download, "MNIST", SMALL._replace(addresses=(server.address,)))
        known = data.mnist(3, data_home=str(tmp_path))
    assert known.inputs.shape == (3, 24) and known.targets.shape == (3, 3)
    assert abs(known.inputs.mean()) < 1e-6 and abs(known.inputs.std() - 1) < 1e-5
    assert set(known.targets.sum(1)) == {1.0}
    assert "fetching images-idx3" in capsys.readouterr().err
    with pytest.raises(ValueError, match="examples must be a whole number from 1 to 4, but 5"):
        data.mnist(5, data_home=str(tmp_path))


def test_the_digits_are_scikit_learn_s_with_and_without_importing_it(monkeypatch):
    expected = load_digits(return_X_y=True)
    for there in (True, False):
        monkeypatch.setattr(Path, "is_file", lambda path, there=there: there)
        for got, wanted in zip(data._digits(), expected, strict=True):
            np.testing.assert_array_equal(got, wanted)


def test_digits_without_scikit_learn_say_what_to_install(monkeypatch):
    monkeypatch.setattr(data.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError, match=r"run `pip install scikit-learn`\.$"):
        data._digits()


def test_the_digits_are_asked_for_by_a_whole_number_of_any_library():
    for three in (3, np.int64(3), np.uint8(3), jnp.int32(3), np.array(3)):
        assert data.digits(three).inputs.shape == (3, 64)
    assert data.digits(np.int64(5)) is data.digits(5)


@pytest.mark.parametrize("examples", [1.5, 2.0, [1], "5", None, True, 0, -1, 1798, (3,), {3}])
def test_any_other_number_of_digits_is_refused_in_a_sentence(examples):
    with pytest.raises(ValueError, match="examples must be a whole number from 1 to 1797"):
        data.digits(examples)


def test_beside_each_character_stands_the_one_that_follows_it():
    inputs, targets = data.characters(200, 32)
    assert inputs.shape == targets.shape == (6, 32, 32)
    assert inputs.sum(-1).max() == inputs.sum(-1).min() == 1
    np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
    letters = sorted(set(data._text()))
    piece = "".join(letters[number] for number in inputs[0].argmax(-1))
    assert data._text().startswith(piece) and piece.startswith("the zen of python")


def test_characters_are_asked_for_in_numbers():
    for wrong in (dict(context=0), dict(context=856), dict(examples=31), dict(examples=1.5)):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            data.characters(**wrong)
