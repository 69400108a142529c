"""How a page looks beside its figures: on a phone, on paper, without scripts, and in the dark."""

import re
from pathlib import Path

import pytest
from browsers import chromium
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from scripts import listened, luminance
from waits import frames, until

from curvkit.pages import index, markup, page, summary

STYLE = (Path(page.__file__).parent / "style.css").read_text()
WIDE = "| " + " | ".join(f"column{n}" for n in range(12)) + " |\n" + "|---" * 12 + "|\n"
WIDE += "| " + " | ".join("words" * 3 for _ in range(12)) + " |\n"
FIGURE = {"data": [{"x": [0, 1], "y": [0, 1]}], "layout": {"height": 400}}
FACTS = dict(
    name="a", title="T", failure="", failed_cell=0, seconds=2.0, changed={"depth": 3},
    date="today", backend="cpu", device="cpu", versions={"jax": "1"}, parameters={}, runs=[],
    thumbnail={"svg": "<svg xmlns='http://www.w3.org/2000/svg'/>", "alt": "it"},
)  # fmt: skip
TURNED = {"learning_rate": 0.0107, "initialization": "lecun", "examples": 100, "width": 512}
WIDTH = "document.documentElement.scrollWidth"
DRAWN = """[...document.querySelectorAll(".plotly-graph-div")].every((each) =>
  each.querySelector(".main-svg"))"""


def a_page(*figures):
    """The page of a notebook of words, a hidden answer and some figures."""
    words = f"# T\n\n{WIDE}\n<details><summary>Answer</summary>\n\nhidden words\n\n</details>"
    outputs = [new_output("display_data", {page.PLOTLY: each}) for each in figures]
    node = new_notebook(cells=[new_markdown_cell(words), new_code_cell("x = 1", outputs=outputs)])
    node.metadata["curvkit"] = {"report": FACTS}
    return page.render(node)


@pytest.fixture(scope="module")
def browser():
    """A Chromium for all tests of this file, which runs no notebook beside it."""
    with chromium() as opened:
        yield opened


@pytest.fixture
def opened(browser, tmp_path):
    """Give what opens a page at some width."""
    sheets = []

    def open_it(text, width=1000, **options):
        sheet = browser.new_page(viewport=dict(width=width, height=900), **options)
        sheets.append(sheet)
        complaints = listened(sheet)
        (tmp_path / "page.html").write_text(text)
        sheet.goto((tmp_path / "page.html").as_uri())
        if options.get("java_script_enabled", True):
            until(sheet, DRAWN)
            frames(sheet)
        assert complaints == []
        return sheet

    yield open_it
    for sheet in sheets:
        sheet.close()


def contrast(one, other):
    """WCAG's ratio of two colours."""
    light, deep = sorted(luminance(each) + 0.05 for each in (one, other))[::-1]
    return light / deep


@pytest.mark.parametrize("dark", [False, True])
def test_every_colour_of_code_stands_out_from_its_ground(dark):
    # WCAG 2.1, 1.4.3: at least 4.5 to 1 for text of this size.
    block = STYLE.split(":root {")[2 if dark else 1].split("}")[0]
    shade = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))["shade"]
    light, deep = re.split(r"@media \(prefers-color-scheme: dark\)", page._code_colors())
    assert "@media not all and (prefers-color-scheme: dark)" in light
    rules = re.findall(r"\.highlight (\.\w+) \{([^}]*)\}", deep if dark else light)
    full = lambda found: (
        "#" + "".join(2 * each for each in found) if len(found) == 3 else f"#{found}"
    )
    told = 0
    for name, rule in rules:
        ink = re.search(r"(?<![-\w])color: #(\w+)", rule)
        ground = re.search(r"background-color: #(\w+)", rule)
        if ink:
            paper = full(ground[1]) if ground else shade
            assert contrast(full(ink[1]), paper) >= 4.5, (name, rule)
            told += 1
    assert told > 20


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [320, 420, 1280])
def test_a_wide_table_scrolls_and_its_page_does_not(opened, width):
    sheet = opened(a_page(), width)
    assert sheet.evaluate(WIDTH) <= width
    assert "column11" in sheet.locator("table").first.inner_text()


SUM = " + ".join(rf"\frac{{a_{{{n}}}}}{{b_{{{n}}}}}" for n in range(14))
PLACES = """[...document.querySelectorAll(".text math")].map((math) => {
  const { scrollWidth, clientWidth, tabIndex, scrollLeft } = math.closest(".scrolls") ?? math;
  return [scrollWidth > clientWidth, tabIndex === 0, scrollLeft]; })"""


@pytest.mark.slow
@pytest.mark.browser
def test_an_equation_that_is_too_wide_scrolls_by_itself_and_by_keys(opened):
    words = f"# T\n\n$${SUM}$$\n\nIt is ${SUM}$, and $x$.\n\n$$y^2$$\n"
    node = new_notebook(cells=[new_markdown_cell(words)])
    node.metadata["curvkit"] = {"report": FACTS}
    sheet = opened(page.render(node), 420)
    assert sheet.evaluate(WIDTH) <= 420
    until(sheet, "document.querySelectorAll('.scrolls[tabindex]').length === 2")
    wide, none = [True, True, 0], [False, False, 0]
    assert sheet.evaluate(PLACES) == [wide, wide, none, none]
    for each in sheet.locator(".scrolls[tabindex]").all():
        each.focus()
        each.press("ArrowRight")
        until(sheet, "document.activeElement.scrollLeft > 0")
    # Where there is room again no key stops at it.
    sheet.set_viewport_size({"width": 1280, "height": 900})
    until(sheet, "document.querySelectorAll('.scrolls[tabindex]').length === 0")
    sheet.close()


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [420, 1280])
def test_the_sketch_of_a_notebook_keeps_its_size_in_the_index(opened, tmp_path, width):
    sheet = opened(index.render({"a": FACTS}, tmp_path), width)
    box = sheet.locator("img.thumbnail").bounding_box()
    assert (box["width"], box["height"]) == (160, 100)
    assert sheet.evaluate(WIDTH) <= width


@pytest.mark.slow
@pytest.mark.browser
def test_a_setting_that_was_turned_is_not_broken_and_numbers_end_below_their_heading(opened):
    merits = {f"merit of number {n}": 0.5 for n in range(8)}
    run = {"cell": 1, "room": "r", "turned": TURNED, "merits": merits}
    sheet = opened(page.shell("t", f"<main>{summary.table([run])}</main>"), 1000)
    boxes = [each.bounding_box() for each in sheet.locator(".setting").all()]
    assert len(boxes) == 4 and all(box["height"] < 30 for box in boxes)
    assert sheet.locator("td.turned").inner_text().startswith("learning_rate = 0.0107, ")
    ends = "getComputedStyle(document.querySelector('th:nth-child({})')).textAlign"
    assert [sheet.evaluate(ends.format(n)) for n in (1, 2, 3, 10)] == ["left"] * 2 + ["right"] * 2


@pytest.mark.slow
@pytest.mark.browser
def test_a_power_within_a_line_leaves_the_lines_as_they_are(opened):
    words = "one<br>two" * 4
    plain, power = (
        markup.markdown(f"{words} {end}<br>the end")
        for end in ("P", "$P^{-1} H$ and x<sup>2</sup>")
    )
    sheet = opened(page.shell("t", f'<main class="text">{plain}{power}</main>'))
    one, other = (each.bounding_box()["height"] for each in sheet.locator("p").all())
    assert other == pytest.approx(one, abs=1.5)


@pytest.mark.slow
@pytest.mark.browser
def test_on_paper_answers_are_open_and_figures_are_no_wider_than_the_sheet(opened):
    sheet = opened(a_page(FIGURE), 1280)
    wide = "document.querySelector('.main-svg').clientWidth"
    before = sheet.evaluate(wide)
    assert before > 800 and not sheet.get_by_text("hidden words").is_visible()
    sheet.emulate_media(media="print")
    sheet.evaluate("dispatchEvent(new Event('beforeprint'))")
    # A4 is 180 mm wide within margins of 15 mm; 96 pixels are 25.4 mm.
    assert "margin: 15mm" in STYLE and sheet.evaluate(wide) <= 180 / 25.4 * 96
    assert sheet.get_by_text("hidden words").is_visible()
    sheet.emulate_media(media="screen")
    sheet.evaluate("dispatchEvent(new Event('afterprint'))")
    until(sheet, f"{wide} === {before}")
    assert not sheet.get_by_text("hidden words").is_visible()


@pytest.mark.slow
@pytest.mark.browser
def test_without_scripts_a_page_says_so_and_shows_no_sliders(opened):
    slider = '<label class="knob"><input class="knob" type="range"></label>'
    text = a_page(FIGURE).replace("</main>", f"{slider}</main>")
    sheet = opened(text, java_script_enabled=False)
    assert sheet.locator("noscript p").is_visible()
    assert not sheet.locator("label.knob").is_visible()
    assert not sheet.locator("#all-code").is_visible()
    sheet = opened(text)
    assert sheet.locator("label.knob").is_visible() and not sheet.locator("noscript p").is_visible()
    assert "<noscript>" not in a_page()


@pytest.mark.slow
@pytest.mark.browser
def test_the_first_key_leads_past_what_stands_above_the_content(opened):
    sheet = opened(a_page())
    sheet.keyboard.press("Tab")
    assert sheet.evaluate("document.activeElement.textContent") == "Skip to the content"
    sheet.keyboard.press("Enter")
    assert sheet.evaluate("document.activeElement.id") == "main"


@pytest.mark.slow
@pytest.mark.browser
def test_in_the_dark_a_sketch_is_turned_over_as_figures_are(opened, tmp_path):
    sheet = opened(index.render({"a": FACTS}, tmp_path), color_scheme="dark")
    turned = "getComputedStyle(document.querySelector('img.thumbnail')).filter"
    assert sheet.evaluate(turned).startswith("invert(0.9)")
