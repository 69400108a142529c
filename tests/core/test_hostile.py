"""Files that are no traces, made to look like some: none is loaded, and none takes memory."""

import io
import json
import os
import socket
import stat
import struct
import tracemalloc
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
from helpers import same_bits

import curvkit.tuners.model as house
from curvkit.core import archive, header
from curvkit.core.archive import Archive


@pytest.fixture(scope="module")
def whole():
    """Return a trace of four readings."""
    return house.run(house.Settings.read(steps=3))


def npy(array):
    """The bytes of an array as NumPy saves it."""
    file = io.BytesIO()
    np.lib.format.write_array(file, np.asarray(array), allow_pickle=True)
    return file.getvalue()


def npy_of(head, data=b"", version=(1, 0), length=None):
    """An array whose head is written by hand."""
    head = head.encode() + b"\n"
    form = "<H" if version[0] == 1 else "<I"
    size = struct.pack(form, len(head) if length is None else length)
    return b"\x93NUMPY" + bytes(version) + size + head + data


def headed(trace, told):
    """The trace's entries with another header, given as what it says or as its text."""
    text = told if isinstance(told, str) else json.dumps(told)
    return entries(trace) | {"header.npy": npy(np.array(text))}


def entries(trace):
    """What is in the file of a trace, by name."""
    arrays = {f"{name}.npy": npy(array) for name, array in trace.arrays().items()}
    return {"header.npy": npy(np.array(json.dumps(dict(trace.header))))} | arrays


def packed(found, kind=zipfile.ZIP_DEFLATED):
    """A zip file of entries, given by name or as pairs."""
    file = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w", kind) as made:
        warnings.filterwarnings("ignore", "Duplicate name", UserWarning)
        for name, content in found.items() if isinstance(found, dict) else found:
            made.writestr(zipfile.ZipInfo(name), content, kind)
    return file.getvalue()


def test_what_is_made_here_by_hand_is_a_trace_where_nothing_is_wrong_with_it(whole, tmp_path):
    path = tmp_path / "good.npz"
    for kind in (zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED):
        path.write_bytes(packed(entries(whole), kind))
        loaded = house.Trace.load(path)
        assert loaded.header == whole.header
        assert all(same_bits(a, loaded.arrays()[n]) for n, a in whole.arrays().items())


ROWS = 4
STEP = "{'descr': '<f4', 'fortran_order': False, 'shape': (4,), }"
# What one of the arrays may be instead of four floats.
ARRAYS = {
    "text": np.array(["a", "b", "c", "d"]),
    "bytes": np.array([b"a"] * ROWS),
    "complex numbers": np.ones(ROWS, complex),
    "dates": np.array(["2026-01-01"] * ROWS, "datetime64[D]"),
    "times": np.ones(ROWS, "timedelta64[s]"),
    "structures": np.zeros(ROWS, [("a", "f4"), ("b", "f4")]),
    "nested structures": np.zeros(ROWS, [("a", [("b", "f4", 2)])]),
    "nothing": np.zeros(ROWS, "V0"),
    "raw bytes": np.zeros(ROWS, "V4"),
    "objects": np.array([print, 1, None, {}], object),
    "on and off": np.ones(ROWS, bool),
    "whole numbers": np.ones(ROWS, int),
    "long floats": np.ones(ROWS, np.longdouble),
    "one more": np.ones(ROWS + 1, np.float32),
    "none": np.ones(0, np.float32),
    "a table": np.ones((ROWS, 1), np.float32),
    "one number": np.float32(1),
}  # fmt: skip
# And by its bytes.
BYTES = {
    "a claim of 1e12": npy_of(STEP.replace("(4,)", "(1000000000000,)"), bytes(16)),
    "a claim beyond all numbers": npy_of(STEP.replace("(4,)", f"({10**30},)"), bytes(16)),
    "a negative size": npy_of(STEP.replace("(4,)", "(-4,)"), bytes(16)),
    "a size that is true": npy_of(STEP.replace("(4,)", "(True,)"), bytes(4)),
    "a size that is computed": npy_of(STEP.replace("(4,)", "(2*2,)"), bytes(16)),
    "no size in one direction": npy_of(STEP.replace("(4,)", f"(0, {10**17})")),
    "a long head": npy_of(STEP + " " * 5000, bytes(16)),
    "a head of 4 GB": npy_of(STEP, bytes(16), (2, 0), 2**32 - 1),
    "a head of version 3": npy_of(STEP, bytes(16), (3, 0)),
    "a head of version 9": npy_of(STEP, bytes(16), (9, 0)),
    "a head that is longer than the file": npy_of(STEP, bytes(16), length=60000),
    "a nested head": npy_of("(" * 900 + ")" * 900, bytes(16)),
    "a call in the head": npy_of(STEP.replace("'<f4'", "print()"), bytes(16)),
    "a list of types": npy_of(STEP.replace("'<f4'", "[('a', '<f4')]"), bytes(16)),
    "an unknown type": npy_of(STEP.replace("<f4", "<f7"), bytes(28)),
    "a type of no size": npy_of(STEP.replace("<f4", "<U0")),
    "the same said twice": npy_of(STEP.replace("}", "'descr': '<f8', }"), bytes(16)),
    "too few numbers": npy_of(STEP, bytes(12)),
    "too many numbers": npy_of(STEP, bytes(20)),
    "no array": b"no array at all",
    "nothing at all": b"",
    "another zip file": packed({"offset.npy": npy(np.ones(4))}),
}
HEADERS = {
    "a list": [], "nothing": {}, "text": "words", "a number": 3, "none": None, "true": True,
    "no JSON": "{", "no end": "[" * 100_000, "a deep table": '{"a":' * 50_000,
    "empty": " ",
}  # fmt: skip
CHANGED = {
    "format 99": {"format": 99}, "format 0": {"format": 0}, "format '1'": {"format": "1"},
    "format true": {"format": True}, "format 1.0": {"format": 1.0}, "no format": {"format": None},
    "another room": {"room": "curvature"}, "no room": {"room": None}, "rooms": {"room": ["a"]},
    "settings in a list": {"settings": []}, "no settings": {"settings": {}},
    "settings in words": {"settings": "steps=3"}, "versions in a list": {"versions": []},
    "versions in numbers": {"versions": {"curvkit": 1}}, "a device that is none": {"device": 3},
    "a key in words": {"key": "0"}, "a seed in words": {"seed": "0"},
    "a key of what is true": {"key": [True]},
}  # fmt: skip
SETTINGS = {
    "an unknown setting": {"stepz": 3}, "a setting out of range": {"steps": 10**9},
    "text for a number": {"learning_rate": "1.0"}, "true for a number": {"steps": True},
    "a fraction for a count": {"steps": 3.5}, "a list for a number": {"sigma": [1.9]},
    "an unknown choice": {"rule": "magic"}, "a table for a choice": {"rule": {}},
    "infinity": {"sigma": float("inf")}, "not a number": {"sigma": float("nan")},
    "a number of many digits": {"steps": 10**4000},
}  # fmt: skip
TEXTS = {
    "NaN": '"bulk_curvature": 0.0|"bulk_curvature": NaN',
    "beyond floats": '"bulk_curvature": 0.0|"bulk_curvature": 1e999',
    "said twice": '"bulk_curvature": 0.0|"bulk_curvature": 0.0, "bulk_curvature": 0.0',
    "half a character": '"cpu"|"\\ud800"',
}


def changed(data, at, form, value):
    """A copy of a zip file with one number of its list of members changed."""
    copy = bytearray(data)
    copy[at : at + struct.calcsize(form)] = struct.pack(form, value)
    return bytes(copy)


def zips(whole):
    """Whole files, by what is wrong with them."""
    found, good = entries(whole), packed(entries(whole))
    listed = good.index(b"PK\1\2")
    pairs, rest = list(found.items()), dict(list(found.items())[1:])
    far = {f"far{number}.npy": npy(np.ones(1)) for number in range(300)}
    locator = b"PK\6\7" + bytes(16)
    end = good.rindex(b"PK\5\6")
    yield "no header", packed(rest)
    yield "no array", packed(dict(pairs[:-1]))
    yield "one array more", packed(found | {"more.npy": npy(np.ones(3))})
    yield "a needless array of 64 MB", packed(found | {"more.npy": npy(np.zeros(2**24, "f4"))})
    yield "an array twice", packed([*pairs, pairs[1]])
    yield "a header twice", packed([*pairs, pairs[0]])
    yield "an absolute name", packed(rest | {"/header.npy": found["header.npy"]})
    yield "a name that climbs", packed(found | {"../offset.npy": found["offset.npy"]})
    yield "a name in a folder", packed(rest | {"a/header.npy": found["header.npy"]})
    yield "a folder", packed(found | {"folder/": b""})
    yield "a name without its end", packed(found | {"offset": found["offset.npy"]})
    yield "a name with a zero", good.replace(b"offset.npy", b"offset\0npy")
    yield "a name that is none", packed(found | {"offset .npy": found["offset.npy"]})
    yield "three hundred arrays more", packed(found | far)
    yield "packed as bz2", packed(found, zipfile.ZIP_BZIP2)
    yield "packed as lzma", packed(found, zipfile.ZIP_LZMA)
    yield "said to be encrypted", changed(good, listed + 8, "<H", 1)
    yield "a size that is too small", changed(good, listed + 24, "<L", 200)
    yield "a size that is too large", changed(good, listed + 24, "<L", 2**31)
    yield "a checksum of something else", changed(good, listed + 16, "<L", 7)
    yield "a member that lies on another", changed(good, listed + 42, "<L", 60)
    yield "a packed size beyond the next", changed(good, listed + 20, "<L", len(good) - 60)
    yield "bytes before", b"#!/bin/sh\n" + good
    yield "bytes behind", good + b"\0"
    yield "a comment", changed(good, len(good) - 2, "<H", 3) + b"abc"
    yield "a second list", good[:end] + locator + good[end:]
    yield "on another disk", changed(good, end + 4, "<H", 1)
    yield "half of it", good[: len(good) // 2]
    yield "only its end", good[end:]
    yield "an empty zip file", packed({})
    yield "an empty file", b""
    yield "text", b"no numbers here"
    yield "one array alone", npy(np.ones(4))


def hostile(whole):
    """All of them: what is wrong, and the bytes of the file."""
    found = entries(whole)
    for name, array in ARRAYS.items():
        yield name, packed(found | {"offset.npy": npy(array)})
    for name, content in BYTES.items():
        yield name, packed(found | {"offset.npy": content})
    yield "floats for steps", packed(found | {"step.npy": npy(np.ones(ROWS))})
    yield "steps without a sign", packed(found | {"step.npy": npy(np.arange(ROWS, dtype="u4"))})
    yield "steps that are true", packed(found | {"step.npy": npy(np.ones(ROWS, bool))})
    for name, told in HEADERS.items():
        yield f"a header that is {name}", packed(headed(whole, told))
    for name, told in CHANGED.items():
        yield f"a header with {name}", packed(headed(whole, dict(whole.header) | told))
    for name, told in SETTINGS.items():
        settings = {"settings": dict(whole.settings) | told}
        yield f"a header with {name}", packed(headed(whole, dict(whole.header) | settings))
    text = json.dumps(dict(whole.header))
    for name, told in TEXTS.items():
        before, after = told.split("|")
        assert before in text
        yield f"a header with {name}", packed(headed(whole, text.replace(before, after)))
    long = dict(whole.header) | {"note": "x" * (header.MOST_CHARACTERS + 1)}
    yield "a header of a million characters", packed(headed(whole, long))
    for name, array in {"bytes": np.array(text.encode()), "a row": np.array([text]),
                        "numbers": np.ones(3), "an object": np.array(print)}.items():  # fmt: skip
        yield f"a header as {name}", packed(found | {"header.npy": npy(array)})
    yield from zips(whole)


def test_of_all_hostile_files_none_is_loaded_and_each_is_refused_in_a_sentence(whole, tmp_path):
    path, loaded, refused = tmp_path / "hostile.npz", [], 0
    for name, content in hostile(whole):
        path.write_bytes(content)
        tracemalloc.start()
        try:
            house.Trace.load(path)
            loaded.append(name)
        except ValueError as error:
            said, refused = str(error), refused + 1
            assert said.startswith(f"{path} is not a trace of tuners.model"), (name, said)
            assert said.endswith(".") and "\n" not in said and len(said) < 700, (name, said)
        finally:
            taken = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        # Of a header 100 000 characters are read here, and of an array nothing.
        assert taken < 2**22, f"{name} took {taken} bytes"
    assert not loaded
    assert refused > 100


def test_what_is_too_large_altogether_is_refused_unread(whole, tmp_path, monkeypatch):
    path = whole.save(tmp_path / "trace.npz")
    monkeypatch.setattr(archive, "MOST_BYTES", 100)
    with pytest.raises(ValueError, match=r"its arrays take more than 0 MB\.$"):
        house.Trace.load(path)


def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(tmp_path / "socket"))
        for path, kind in ((tmp_path / "pipe", "a pipe"), (tmp_path, "a folder"),
                           (Path("/dev/zero"), "a device")):  # fmt: skip
            with pytest.raises(ValueError, match=f"{path} is {kind}, and no file that can be rea"):
                house.Trace.load(path)
        with pytest.raises(OSError):
            house.Trace.load(tmp_path / "socket")
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_columns_first_and_other_bytes_are_numbers_all_the_same(tmp_path):
    table = np.arange(12, dtype="f4").reshape(3, 4)
    content = {"a.npy": npy(np.asfortranarray(table)), "b.npy": npy(table.astype(">f8"))}
    stored = Archive(io.BytesIO(packed(content)))
    one, two = (stored.array(name, stored.head(name)) for name in "ab")
    assert same_bits(one, table) and same_bits(two, table.astype("f8"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict(offset=np.ones(4, int)), "offset must be of float16 or float32 or float64, but 'int"),
        (dict(step=np.ones(4)), "step must be of int8 or int16 or int32 or int64, but 'float64'"),
        (dict(header={}), "cannot be saved: its settings lack|cannot be saved: it does not say"),
        (dict(header={"format": 99}), "cannot be saved: it is of format 99"),
        (dict(header={"room": "minima"}), "cannot be saved: it is of the room 'minima'"),
    ],
)
def test_what_could_not_be_loaded_is_not_saved(whole, tmp_path, changes, said):
    told = changes.get("header", whole.header)
    made = house.Trace(**{**whole.arrays(), **changes, "header": told})
    with pytest.raises(ValueError, match=said):
        made.save(tmp_path / "trace.npz")
    assert not list(tmp_path.iterdir())
