"""The README: its tables are what the code declares, and its code runs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from scripts import script

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_tables_are_what_the_code_declares():
    tables = script("tables")
    assert tables.filled(README) == README, "run `make notebooks`"
    face = tables.FACE.read_text(encoding="utf-8")
    assert tables.faced(face) == face, "run `make notebooks`"
    assert README.count("<!-- table:") >= 2


def test_every_target_it_names_is_there():
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"(?:^|`)make ([a-z-]+)\b", README, flags=re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_every_link_leads_somewhere():
    for link in re.findall(r"\]\(((?!https:)[^)#]+)\)", README):
        assert (ROOT / link).exists(), link


# Each as a program of its own, but for what it imports, which is imported once.
PROGRAMS = """
import sys
for code in sys.stdin.read().split("\\0"):
    exec(compile(code, "README.md", "exec"), {"__name__": "__main__"})
"""


@pytest.mark.slow
def test_its_code_runs(tmp_path):
    code = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len(code) >= 2
    # What starts workers is a file, which they import.
    files = [each for each in code if "__main__" in each]
    rest = "\0".join(each for each in code if each not in files)
    command = [sys.executable, "-W", "error", "-c"]
    subprocess.run([*command, PROGRAMS], input=rest, text=True, cwd=tmp_path, check=True)
    for each in files:
        subprocess.run([*command, each], cwd=tmp_path, check=True)
    assert {path.name for path in tmp_path.iterdir()} == {"run.npz", "run.html", "sweeps"}
