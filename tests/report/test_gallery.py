"""The static site: its knobs turn and its figures play from a file, with no kernel."""

import json
import re

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from rich.console import Console
from scripts import listened, moves
from waits import until

from curvkit.core import knob as knobs
from curvkit.pages import parameters
from curvkit.report import gallery, precompute
from curvkit.report.precompute import KnobVariants
from curvkit.tuners import model as house

ROOM = "tuners.model"
CELL = "from curvkit.tuners import model\nmodel.explore(sigma=sigma, steps=steps)"
NASTY = "</script><script>alert(1)</script><b>"


def a_notebook(**wish):
    """A notebook of the cheapest room, with what it wants for the gallery."""
    title = new_markdown_cell("# Title\n\n**Claim.** It goes to $2/\\eta$.\n\nMore.")
    given = new_code_cell("sigma = 1.9\nsteps = 40", metadata={"tags": ["parameters"]})
    node = new_notebook(cells=[title, given, new_code_cell(CELL)])
    node.metadata["curvkit"] = {"room": ROOM, **({"gallery": wish} if wish else {})}
    return node


WISH = dict(knobs={"sigma": [1.5, 1.9, 2.1]}, set={"steps": 30})


@pytest.mark.parametrize("name", list(house.Settings.__knobs__))
def test_values_lie_around_the_default_and_within_the_range(name):
    each = knobs.knobs(house.Settings)[name]
    if each.kind not in (int, float) or each.choices:
        pytest.skip("not a number")
    found = precompute.values(each)
    assert each.default in found and found == sorted(set(found)) and len(found) >= 3
    assert all(each.low <= value <= each.high for value in found)
    for value in found:
        each.read(value)


def test_knobs_that_move_the_figure_are_turned_from_the_notebook_s_parameters():
    found = precompute.of_notebook(a_notebook(set={"steps": 30}))
    assert [each.label for each in found] == ["sigma σ", "sharpening a"]
    sigma = found[0]
    assert sigma.values[sigma.default] == "1.9" and len(sigma.figures) == len(sigma.values) == 5
    assert len({json.dumps(each["data"]) for each in sigma.figures}) == 5


def test_a_notebook_says_which_knobs_values_and_figure_it_wants():
    last = list(house.room.figures)[-1]
    (sigma,) = precompute.of_notebook(a_notebook(**WISH, figure=last))
    assert sigma.values == ["1.5", "1.9", "2.1"] and sigma.default == 1
    trace = house.run(house.Settings.read(sigma=2.1, steps=30))
    alone = house.room.figures[last](trace)
    assert sigma.figures[2]["layout"]["title"] == json.loads(alone.to_json())["layout"]["title"]
    assert sigma.words[2] == house.figures.words(
        house.run(house.Settings.read(sigma=2.1, steps=30))
    )


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (dict(knobs={"sigmo": [1]}), "There is no setting 'sigmo'; did you mean 'sigma'"),
        (dict(knobs={"sigma": [99]}), "sigma must be a number from 0.5 to 2.5, but 99"),
        (dict(figure="nothing"), "There is no figure 'nothing'"),
    ],
)
def test_a_wish_that_cannot_be_met_is_refused_in_a_sentence(wish, said):
    with pytest.raises(ValueError, match=said):
        precompute.of_notebook(a_notebook(**wish))


def test_where_the_notebook_stands_is_one_of_the_values(monkeypatch):
    sigma = precompute.plan(a_notebook()).values["sigma"]
    assert 1.9 in sigma and len(sigma) == 5
    assert precompute.plan(a_notebook(knobs={"sigma": [1.5, 2.1]})).values["sigma"] == [
        1.5,
        1.9,
        2.1,
    ]
    width = knobs.Knob("width", int, 50, "", "", low=5, high=200, scale="log")
    assert precompute.values(width, 20) == [5, 10, 20, 40, 80]
    assert precompute.values(width) == [12, 25, 50, 100, 200]


def test_a_wish_that_cannot_be_met_names_the_notebook_before_anything_runs(tmp_path):
    nbformat.write(a_notebook(), tmp_path / "good.ipynb")
    nbformat.write(a_notebook(knobs={"sigma": [99]}), tmp_path / "bad.ipynb")
    paths = [tmp_path / "good.ipynb", tmp_path / "bad.ipynb"]
    with pytest.raises(ValueError, match=r"bad\.ipynb: sigma must be a number"):
        gallery.build(paths, out=tmp_path / "site")
    assert not (tmp_path / "site").exists()


def test_a_claim_goes_through_its_equation_to_the_end_of_the_sentence():
    told = "# Title\n\n**Claim.** It reaches\n\n$$x = 2$$\n\nand stays. There is more.\n\nNot this."
    node = new_notebook(cells=[new_markdown_cell(told)])
    assert gallery._claim(node) == "**Claim.** It reaches\n\n$$x = 2$$\n\nand stays. There is more."
    assert gallery._claim(new_notebook(cells=[new_markdown_cell("# Title\n\nNo end")])) == "No end"


@pytest.mark.slow
def test_pages_of_an_earlier_gallery_stay_listed_and_those_that_fail_now_go(tmp_path):
    for name in "ab":
        nbformat.write(a_notebook(**WISH), tmp_path / f"{name}.ipynb")
    site, quiet = tmp_path / "site", Console(quiet=True)
    assert gallery.build([tmp_path / "a.ipynb"], out=site, console=quiet) == []
    assert gallery.build([tmp_path / "b.ipynb"], out=site, console=quiet) == []
    assert (site / "index.html").read_text().count("<li>") == 2
    node = a_notebook(**WISH)
    node.cells.append(new_code_cell("raise ValueError('no')"))
    nbformat.write(node, tmp_path / "b.ipynb")
    assert len(gallery.build([tmp_path / "b.ipynb"], out=site, console=quiet)) == 1
    listed = (site / "index.html").read_text()
    assert listed.count("<li>") == 1 and 'href="a.html"' in listed
    assert not (site / "b.html").exists()


def test_a_notebook_without_a_room_has_no_knobs():
    assert precompute.of_notebook(new_notebook()) == [] and gallery._section([], None, "n") == ""


def test_whatever_text_a_run_has_does_not_leave_its_place():
    figure = {"data": [{"y": [1, 2], "name": NASTY}], "layout": {"title": {"text": NASTY}}}
    turned = KnobVariants(NASTY, NASTY, [NASTY], 0, [figure], [NASTY])
    made = gallery._section([turned], None, "once")
    assert "<script>alert" not in made.replace("\\/", "/").replace(json.dumps(NASTY)[1:-1], "")
    assert made.count("</script>") == 2  # the data's, and plotly's own


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the folder of a site of two notebooks, one of which fails."""
    home = tmp_path_factory.mktemp("home")
    bad = new_notebook(cells=[new_code_cell("raise ValueError('no')")])
    for name, node in {"good one": a_notebook(**WISH), "bad": bad}.items():
        nbformat.write(node, home / f"{name}.ipynb")
    paths = [home / "good one.ipynb", home / "bad.ipynb"]
    failed = gallery.build(paths, out=home / "site", console=Console(quiet=True))
    assert failed == ["bad failed in cell 1 (raise ValueError('no')): ValueError: no"]
    return home / "site"


@pytest.mark.slow
def test_the_index_has_a_card_for_each_page_with_its_claim(site):
    made = (site / "index.html").read_text()
    assert made.count("<li>") == 1 and 'href="good%20one.html">Title</a>' in made
    assert "<strong>Claim.</strong> It goes to <math" in made and "Sketch of: " in made
    assert not (site / "bad.html").exists()


@pytest.mark.slow
@pytest.mark.browser
def test_where_nothing_can_be_computed_the_sliders_turn_what_was_run_beforehand(site, browser):
    sheet = browser.new_page()
    sheet.add_init_script("delete globalThis.WebAssembly")
    complaints = listened(sheet)
    sheet.goto((site / "index.html").as_uri())
    sheet.get_by_role("link", name="Title").click()
    sheet.wait_for_selector("#figure-turned .main-svg")
    lines = "document.querySelectorAll('#figure-turned path.js-line')"
    drawn = f"[...{lines}].map(each => each.getAttribute('d'))"
    words, seen = sheet.locator(".turn .words"), {}
    slider = sheet.get_by_label("sigma σ")
    said = sheet.locator(".stage-kept").inner_text()
    assert said.startswith("This page cannot train here (the browser has no WebAssembly)")
    assert not sheet.locator(".trains-here").is_visible()
    slider.focus()
    for key in ("Home", "ArrowRight", "End"):
        before = sheet.evaluate(drawn)
        sheet.keyboard.press(key)
        moves(sheet, drawn, before)
        shown = sheet.locator("label.knob output").text_content()
        assert slider.get_attribute("aria-valuetext") == shown
        seen[shown] = (sheet.evaluate(drawn), words.inner_text())
    assert list(seen) == ["1.5", "1.9", "2.1"]
    assert len({str(curves) for curves, _ in seen.values()}) == 3
    assert len({told for _, told in seen.values()}) == 3
    whole = sheet.evaluate(drawn)
    sheet.locator(".turn .transport button").focus()
    sheet.keyboard.press("Enter")
    moves(sheet, drawn, whole)
    sheet.locator(".turn .transport input").fill("0")
    assert sheet.locator(".turn .transport output").inner_text().startswith("step 0")
    for width in (1280, 420, 320):
        sheet.set_viewport_size(dict(width=width, height=900))
        until(sheet, f"document.documentElement.scrollWidth <= {width}")
    assert [each for each in complaints if not each.startswith("blob:")] == []


# Whether the run has told its first reading when plotly is read, however long that takes.
ORDER = """{
  const plainly = globalThis.setTimeout;
  globalThis.setTimeout = (act, ms, ...more) => plainly(act, ms === 1500 ? 60000 : ms, ...more);
  let library;
  Object.defineProperty(globalThis, "Plotly", { get: () => library, set(value) {
    library = value;
    globalThis.told ??= globalThis.curvkitPanels?.[0]?.times.first > 0;
  } });
}"""


@pytest.mark.slow
@pytest.mark.browser
def test_from_a_file_the_figures_train_in_the_page(site, browser):
    sheet = browser.new_page()
    complaints = listened(sheet)
    sheet.add_init_script(ORDER)
    sheet.goto((site / "good%20one.html").as_uri().replace("%2520", "%20"))
    sheet.wait_for_selector(".curvkit-panel .main-svg")
    done = "document.querySelector('.curvkit-panel .status').textContent.includes('done')"
    until(sheet, done)
    assert not sheet.locator(".turn").is_visible()
    words = sheet.locator(".curvkit-panel .words")
    wanted = house.run(sigma=1.9, steps=30)
    assert words.inner_text() == house.figures.words(wanted).replace("**", "")
    slider = sheet.locator(".curvkit-panel").get_by_label("sigma σ")
    slider.fill("550")
    lower = "document.querySelector('.curvkit-panel .words').textContent.includes('σ = 1.9')"
    until(sheet, f"{done} && !{lower}")
    assert float(slider.get_attribute("aria-valuetext")) < 1.9
    sigma = sheet.evaluate("new URLSearchParams(location.hash.slice(1)).get('sigma')")
    assert float(sigma) == pytest.approx(float(slider.get_attribute("aria-valuetext")), rel=1e-3)
    assert sheet.evaluate("told"), "plotly was read before the first reading"
    told = re.search(r"σ = ([\d.]+)", words.inner_text())
    assert told is not None
    turned = house.figures.words(house.run(sigma=float(told[1]), steps=30))
    number = r"λ went from 1.50 to \**([\d.]+)"
    ours, theirs = (re.search(number, each) for each in (words.inner_text(), turned))
    assert ours is not None and theirs is not None
    assert float(ours[1]) == pytest.approx(float(theirs[1]), rel=0.01)
    assert [each for each in complaints if not each.startswith("blob:")] == []


def test_what_is_turned_starts_from_parameters_that_are_declared():
    assert parameters.declared(a_notebook()) == {"sigma": 1.9, "steps": 40}
