"""Large data sets: from scikit-learn's cache, checked, and a sentence where they are not."""

import gzip
import hashlib
import json
import urllib.request
from pathlib import Path
from urllib.error import URLError

import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.datasets import load_digits

from curvkit import data, download

SMALL = download.Source("small", 7, (2, 3), (2, 1, 1))
PIXELS = np.arange(24).reshape(4, 6) * 10
LABELS = [0, 1, 0, 2]


def cached(home, pixels=PIXELS, labels=LABELS, md5=None):
    """A data set as scikit-learn leaves it after fetching from OpenML."""
    names = [f"pixel{n}" for n in range(6)]
    rows = [",".join(map(str, [*row, label])) for row, label in zip(pixels, labels, strict=True)]
    head = ["@RELATION small", *(f"@ATTRIBUTE {name} REAL" for name in names)]
    text = "\n".join([*head, "@ATTRIBUTE class {0,1,2}", "@DATA", *rows]) + "\n"
    feature = dict(is_ignore="false", is_row_identifier="false", number_of_missing_values="0")
    features = [
        dict(feature, index=str(n), name=name, data_type="numeric", is_target="false")
        for n, name in enumerate(names)
    ]
    features += [dict(feature, index="6", name="class", data_type="nominal", is_target="true",
                      nominal_value=["0", "1", "2"])]  # fmt: skip
    told = dict(id="7", name="small", description="A small one.", version="1", format="ARFF",
                file_id="70", status="active",
                default_target_attribute="class", url="https://example.org/download/70",
                md5_checksum=md5 or hashlib.md5(text.encode()).hexdigest())  # fmt: skip
    qualities = {"quality": [{"name": "NumberOfInstances", "value": str(len(rows))}]}
    files = {
        "api/v1/json/data/7": json.dumps({"data_set_description": told}),
        "api/v1/json/data/features/7": json.dumps({"data_features": {"feature": features}}),
        "api/v1/json/data/qualities/7": json.dumps({"data_qualities": qualities}),
        "data/v1/download/70": text,
        "download/70": text,
    }
    for name, content in files.items():
        path = home / "openml" / "openml.org" / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content.encode()))


@pytest.fixture
def no_network(monkeypatch):
    """Nothing can be fetched."""

    def refuse(*_, **__):
        raise URLError("no route to host")

    monkeypatch.setattr("sklearn.datasets._openml.urlopen", refuse)
    monkeypatch.setattr(urllib.request, "urlopen", refuse)
    monkeypatch.setattr("sklearn.datasets._openml.time.sleep", lambda seconds: None)


@pytest.mark.usefixtures("no_network")
def test_what_scikit_learn_has_is_read_and_kept_as_arrays(tmp_path):
    cached(tmp_path)
    for _ in range(2):
        pixels, labels = download.images(SMALL, tmp_path, progress=False)
        assert pixels.shape == (4, 2, 3) and pixels.dtype == np.uint8
        assert pixels.reshape(4, 6).tolist() == PIXELS.tolist() and labels.tolist() == LABELS
        # The second time from the arrays alone.
        for path in (tmp_path / "openml").rglob("*.gz"):
            path.unlink()
    assert [path.name for path in (tmp_path / "curvkit").iterdir()] == ["small.npz"]


@pytest.mark.usefixtures("no_network")
def test_without_a_network_a_sentence_says_what_to_do(tmp_path):
    with pytest.raises(ConnectionError, match=r"small is not in .* cannot be reached .*no route"):
        download.images(SMALL, tmp_path, progress=False)
    assert not (tmp_path / "curvkit").exists()
    with pytest.raises(ConnectionError, match="mnist is not in"):
        data.mnist(10, data_home=str(tmp_path))
    with pytest.raises(ConnectionError, match="cifar10 is not in"):
        data.cifar10(10, data_home=str(tmp_path))


@pytest.mark.usefixtures("no_network")
def test_what_is_not_the_data_set_is_refused_and_not_kept(tmp_path):
    cached(tmp_path, labels=[0, 1, 1, 2])
    with pytest.raises(ValueError, match=r"class counts \(1, 2, 1\), not \(4, 6\) and \(2, 1, 1\)"):
        download.images(SMALL, tmp_path, progress=False)
    assert not (tmp_path / "curvkit").exists()


@pytest.mark.usefixtures("no_network")
def test_images_are_scaled_shuffled_and_one_hot(tmp_path, monkeypatch, capsys):
    cached(tmp_path)
    monkeypatch.setattr(download, "MNIST", SMALL)
    found = data.mnist(3, data_home=str(tmp_path))
    assert found.inputs.shape == (3, 6) and found.targets.shape == (3, 3)
    assert abs(found.inputs.mean()) < 1e-6 and abs(found.inputs.std() - 1) < 1e-5
    assert set(found.targets.sum(1)) == {1.0}
    assert "fetching small" in capsys.readouterr().err
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
