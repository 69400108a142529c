"""A notebook that goes elsewhere takes the pictures along that lie beside it."""

import base64
import copy

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell, new_notebook

from curvkit.pages import markup
from curvkit.report import bundle, pictures

SEEN = b"RIFF what is no picture but is called one"


@pytest.fixture
def beside(tmp_path):
    """Return a folder with a picture, and what must not be taken along beside it."""
    (tmp_path / "notebooks/pictures").mkdir(parents=True)
    (tmp_path / "notebooks/pictures/a.webp").write_bytes(SEEN)
    (tmp_path / "notebooks/secret.txt").write_bytes(SEEN)
    (tmp_path / "outside.png").write_bytes(SEEN)
    return tmp_path / "notebooks"


def of(*sources):
    return new_notebook(cells=[new_markdown_cell(each) for each in sources])


def test_a_picture_becomes_an_attachment_of_its_cell_and_is_drawn_as_it_was(beside):
    node = of("# A\n\n![A ball, 2/η](pictures/a.webp) and [a link](pictures/a.webp)", "none")
    before = copy.deepcopy(node)
    made = pictures.carried(node, beside)
    assert node == before, "the notebook itself has changed"
    first, second = made.cells
    assert first.attachments == {"a.webp": {"image/webp": base64.b64encode(SEEN).decode()}}
    assert "![A ball, 2/η](attachment:a.webp) and [a link](pictures/a.webp)" in first.source
    assert "attachments" not in second
    nbformat.validate(made)
    drawn = markup.markdown(first.source, attachments=first.attachments)
    assert 'src="data:image/webp;base64,' in drawn and 'alt="A ball, 2/η"' in drawn


@pytest.mark.parametrize("path", [
    "secret.txt", "../outside.png", "pictures/gone.png", "https://example.org/a.png",
    "attachment:a.webp", "pictures",
])  # fmt: skip
def test_what_is_no_picture_beside_the_notebook_stays_as_it_is(beside, path):
    node = of(f"![x]({path})")
    assert pictures.carried(node, beside) == node


def test_a_bundle_has_its_pictures_in_it(beside, monkeypatch):
    monkeypatch.setattr(bundle, "_wheels", lambda: {"own": b"", "other": b""})
    nbformat.write(of("# A\n\n![x](pictures/a.webp)"), beside / "a.ipynb")
    bundle.bundle(beside / "a.ipynb", beside / "b.ipynb")
    made = nbformat.read(beside / "b.ipynb", 4)
    assert "a.webp" in made.cells[0].attachments and "attachment:a.webp" in made.cells[0].source
