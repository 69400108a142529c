"""The stage's program: its parts under node, and its files joined into one module."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from curvkit.draw.scene import script

HERE = Path(__file__).resolve().parent / "stage"
NODE = shutil.which("node")
DECLARED = re.compile(
    r"^(?:export )?(?:async )?(?:function|class|const|let) (?:(\w+)|\[([^\]]*)\])"
    r"(?:[^=\n]*?, (\w+) =)?",
    re.MULTILINE,
)


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_parts_do_what_they_say():
    tests = sorted(HERE.glob("*.test.mjs"))
    done = subprocess.run([NODE or "", "--test", *tests], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:]
    assert int(re.findall(r"^# pass (\d+)", done.stdout, re.MULTILINE)[0]) >= 18


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_joined_it_is_one_module_with_its_doors(tmp_path):
    (tmp_path / "stage.mjs").write_text(script.joined(), encoding="utf-8")
    code = "import * as m from './stage.mjs'; console.log(Object.keys(m).sort().join());"
    (tmp_path / "use.mjs").write_text(code, encoding="utf-8")
    done = subprocess.run([NODE or "", "use.mjs"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().split(",") == sorted([*script.DOORS, "default"])


def test_no_name_of_a_file_hides_that_of_another():
    names = [
        name for text in script.files().values()
        for found in DECLARED.findall(text) for part in found
        for name in re.findall(r"\w+", part)
    ]  # fmt: skip
    assert len(names) > 150
    assert sorted(names) == sorted(set(names)), {n for n in names if names.count(n) > 1}


def test_a_file_comes_after_those_that_it_imports():
    seen = []
    for name, text in script.files().items():
        assert set(script.IMPORT.findall(text)) <= set(seen), name
        seen.append(name)
    assert "import " not in re.sub(r"import\(|important", "", script.joined().split("export {")[0])


def test_it_asks_for_nothing_from_anywhere():
    text = script.joined()
    assert not re.search(r"https?://|fetch\(|XMLHttpRequest|WebSocket|eval\(|new Function", text)
    assert "</script" not in text


# A handler of this kind that returns false keeps the browser from its own: no tabulator leads on.
CHOOSES = re.compile(r"\.on\w+ = (?:\([^)]*\)|\w+) => (?!\{)[^;{]*(?:&&|\|\| false|[!=]==)")


def test_no_handler_returns_false_by_the_way():
    assert CHOOSES.search('end.onkeydown = (e) => e.key === "Enter" && widen();')
    assert not CHOOSES.search("end.onkeydown = (e) => { if (e.key) widen(); };")
    root = Path(script.__file__).resolve().parents[2]
    files = [each for each in root.rglob("*.js") if "min" not in each.name]
    assert len(files) > 40
    assert [each.name for each in files if CHOOSES.search(each.read_text("utf-8"))] == []
