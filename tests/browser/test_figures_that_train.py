"""Pages whose figures train in them: what they draw and say is what the notebook does."""

import functools
import http.server
import re
import threading

import drawing
import firefox
import numpy as np
import pytest
from rooms import ROOMS, room
from scripts import listened
from waits import until

from curvkit.report import trained

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PANEL = "document.querySelector('.curvkit-panel')"
DONE = f"{PANEL}?.querySelector('.status').textContent.includes('done')"
AT_REST = "!curvkitPanels[0].drawing && !curvkitPanels[0].next"
TEXT = f"{PANEL}.querySelector('.words').textContent"
# Short runs, on which rounding tells nothing yet.
SHORT = {"curvature": dict(steps=60, every=3, width=8), "tuners.model": dict(steps=40)}
DRAWN = f"""(() => {{ const {{ data, layout }} = {PANEL}.querySelector('.js-plotly-plot');
  const told = (v) => ArrayBuffer.isView(v) || Array.isArray(v) ? [...v].map(told)
    : v && typeof v === 'object' ? Object.fromEntries(Object.entries(v).map(([k, w]) => [k, told(w)]))
    : typeof v === 'number' && !Number.isFinite(v) ? null : v;
  return told({{ data: data.map(({{ name, x, y, z }}) => ({{ name, x, y, z }})),
    title: layout.title.text }}); }})()"""  # noqa: E501


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """Pages of figures by room, each made once, with the program of the defaults alone."""
    home = tmp_path_factory.mktemp("figures")

    @functools.cache
    def page(name, **knobs):
        house = room(name).package.room
        path = home / f"{name}.html"
        first, values = next(iter(house.figures)), SHORT.get(name, {}) | knobs
        sizes = trained.figures(house, first, values, path, most=1)
        assert sizes["page"] <= 400_000, f"{sizes['page']} bytes beside plotly"
        return path

    return page


@pytest.fixture
def shown(browser):
    """Opens a page from its file, and waits until its run is done, and its picture is there."""
    sheets = []

    def show(path):
        sheets.append(browser.new_page(viewport={"width": 1280, "height": 900}))
        sheets[-1].goto(path.as_uri())
        until(sheets[-1], f"{DONE} && {PANEL}.querySelector('.js-plotly-plot')?.layout?.title")
        return sheets[-1]

    yield show
    for sheet in sheets:
        sheet.close()


def of_python(house, figure, trace):
    told = drawing.plain(house.figures[figure](trace))
    curves = [{k: each.get(k) for k in ("name", "x", "y", "z")} for each in told["data"]]
    return {"data": curves, "title": told["layout"]["title"]["text"]}


def agree(ours, theirs, near=5e-3, together=False):
    """The same curves, each as near as `near` of its own size, or of all curves' `together`; and
    the same title.
    """
    size_of = lambda each, axis: np.nanmax(np.abs(np.array(each.get(axis) or [], float)), initial=0)
    assert ours["title"] == theirs["title"]
    assert [each["name"] for each in ours["data"]] == [each["name"] for each in theirs["data"]]
    for own, other in zip(ours["data"], theirs["data"], strict=True):
        for axis in "xyz":
            one, two = (np.array(each.get(axis) or [], float) for each in (own, other))
            sizes = [size_of(each, axis) for each in (theirs["data"] if together else [other])]
            size = max(sizes)
            np.testing.assert_allclose(one, two, rtol=near, atol=near * size, err_msg=own["name"])


def plainly(value):
    """Numbers that are none, as a page tells them."""
    if isinstance(value, dict):
        return None if "number" in value else {k: plainly(each) for k, each in value.items()}
    return [plainly(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name", SHORT)
def test_each_tab_draws_the_run_of_the_page_as_the_notebook_draws_its_own(name, pages, shown):
    house = room(name).package.room
    trace = house.run(**SHORT[name])
    sheet = shown(pages(name))
    assert sheet.evaluate(TEXT) == house.words(trace).replace("**", "")
    for figure in house.figures:
        sheet.get_by_role("tab", name=figure.replace("_", " "), exact=True).click()
        wanted = plainly(of_python(house, figure, trace))
        until(sheet, f"{DRAWN}.title === {wanted['title']!r}")
        # The ball of the valley rests on its ground but for rounding.
        agree(sheet.evaluate(DRAWN), wanted, together=figure == "valley")


@pytest.mark.parametrize("name", SHORT)
def test_the_first_reading_is_told_before_a_worker_has_begun(name, pages, browser):
    house = room(name).package.room
    sheet = browser.new_page()
    complaints = listened(sheet)
    # One that never begins.
    sheet.add_init_script(
        "globalThis.Worker = class extends EventTarget { postMessage() {} terminate() {} }"
    )
    sheet.goto(pages(name).as_uri())
    until(sheet, f"{PANEL}?.querySelector('.words').textContent")
    trace = house.run(**SHORT[name]).head(1)
    assert sheet.evaluate(TEXT) == house.words(trace).replace("**", "")
    status = sheet.locator(".curvkit-panel .status").inner_text()
    assert " · training · " in status and not complaints
    sheet.close()


def test_a_run_is_kept_behind_the_next_and_a_turned_knob_goes_on_where_it_is_asked_to(pages, shown):
    house, sheet = room("curvature").package.room, shown(pages("curvature"))
    sheet.get_by_role("button", name="Keep this run").click()
    until(sheet, f"{DRAWN}.data[0].name === '1: as at first'")
    before = sheet.evaluate(DRAWN)
    sheet.locator(".curvkit-panel").get_by_label("learning rate").fill("700")
    until(sheet, f"{DONE} && {DRAWN}.title !== {before['title']!r}")
    after, curves = sheet.evaluate(DRAWN), len(house.figures["edge"](house.run(steps=1)).data)
    assert len(after["data"]) == 2 * curves
    np.testing.assert_allclose(after["data"][0]["y"], before["data"][0]["y"])
    assert after["data"][curves]["y"] != before["data"][0]["y"]
    sheet.get_by_role("button", name="Clear").click()
    until(sheet, f"{DRAWN}.data.length === {curves}")
    # Going on: the first part of the run stays as it was, and the title says both values.
    sheet.get_by_label("steps").fill("900")
    sheet.get_by_role("button", name="turning starts over").click()
    sheet.get_by_role("button", name="Start over").click()
    until(sheet, f"{PANEL}.querySelector('.status').textContent.includes('training')")
    sheet.locator(".curvkit-panel").get_by_label("learning rate").fill("300")
    until(sheet, f"{DRAWN}.title.includes(', then ')")
    assert "MB" in sheet.locator(".curvkit-panel .status").inner_text()


def test_a_kept_run_of_a_figure_that_is_no_curves_stands_below_it(pages, shown):
    sheet = shown(pages("verification.shapes"))
    below = f"{PANEL}.querySelectorAll('.kept .figure:not([hidden])')"
    chosen = f"{PANEL}.querySelector('[aria-selected=true]').textContent"
    sheet.get_by_role("tab", name="product", exact=True).click()
    until(sheet, f"{chosen} === 'product'")
    sheet.get_by_role("button", name="Keep this run").click()
    until(sheet, f"{below}.length === 1 && {below}[0].querySelector('.gtitle')")
    title = sheet.evaluate(f"{below}[0].querySelector('.gtitle').textContent")
    assert title.endswith("kept 1: as at first")
    sheet.get_by_role("tab", name="triangle", exact=True).click()
    until(sheet, f"{below}.length === 0 && {DRAWN}.data[0].name === '1: as at first'")


def test_what_the_page_has_no_program_for_is_greyed_and_refused_in_a_sentence(pages, shown):
    sheet = shown(pages("curvature"))
    assert "width" in sheet.locator(".curvkit-panel .elsewhere").inner_text()
    # It does nothing under this rule.
    assert not sheet.locator(".curvkit-panel").get_by_label("momentum").first.is_visible()
    words = "Keep this run"
    sheet.get_by_role("tab", name="edge").click()
    assert sheet.get_by_role("button", name=words).is_enabled()


def test_a_link_holds_the_knobs_of_a_page_of_figures(pages, shown, browser):
    sheet = shown(pages("tuners.model"))
    sheet.locator(".curvkit-panel").get_by_label("sigma σ").fill("400")
    until(sheet, "location.hash.includes('sigma=')")
    sigma = sheet.evaluate("+new URLSearchParams(location.hash.slice(1)).get('sigma')")
    other = browser.new_page()
    other.goto(sheet.url)
    until(other, DONE)
    assert other.evaluate("curvkitPanels[0].told.settings.sigma") == pytest.approx(sigma, rel=1e-5)
    # Another link in the same window begins with its own knobs.
    with other.expect_event("load"):
        other.evaluate("void setTimeout(() => { location.hash = 'sigma=1.25'; })")
    until(other, f"{DONE} && curvkitPanels[0].told.settings.sigma === 1.25")
    other.close()


def test_a_turned_knob_goes_on_from_the_reading_that_a_hand_went_back_to(pages, shown):
    house, sheet = room("tuners.model").package.room, shown(pages("tuners.model"))
    sheet.get_by_label("reading", exact=True).fill("16")
    until(sheet, "curvkitPanels[0].told.at === 16 && !curvkitPanels[0].drawing")
    trace = house.run(**SHORT["tuners.model"])
    assert sheet.evaluate(TEXT) == house.words(trace.head(16)).replace("**", "")
    assert sheet.get_by_label("reading", exact=True).input_value() == "16"
    sheet.get_by_role("button", name="turning starts over").click()
    sheet.locator(".curvkit-panel").get_by_label("sigma σ").fill("250")
    until(sheet, f"{DONE} && curvkitPanels[0].told.at === {trace.readings}")
    sigma = sheet.evaluate("curvkitPanels[0].told.settings.sigma")
    course = house.stream.course(house.read(SHORT["tuners.model"]))
    course.advance(16)
    course.turn(16, sigma=sigma)
    course.advance(trace.readings)
    assert sheet.evaluate(TEXT) == house.words(course.trace).replace("**", "")
    wanted = plainly(of_python(house, next(iter(house.figures)), course.trace))
    until(sheet, "!curvkitPanels[0].drawing")
    agree(sheet.evaluate(DRAWN), wanted)


def test_a_link_holds_turns_on_the_way_and_makes_the_same_run(pages, shown, browser):
    sheet = shown(pages("tuners.model"))
    sheet.get_by_role("button", name="turning starts over").click()
    for reading, sigma in ((16, "250"), (30, "600")):
        sheet.get_by_label("reading", exact=True).fill(str(reading))
        until(sheet, f"curvkitPanels[0].told.at === {reading}")
        sheet.locator(".curvkit-panel").get_by_label("sigma σ").fill(sigma)
        until(sheet, f"{DONE} && location.hash.includes('*{reading}*') && {AT_REST}")
    assert re.fullmatch(r"#turns=sigma\*16\*[\d.]+\*30\*[\d.]+", sheet.evaluate("location.hash"))
    other = browser.new_page()
    other.goto(sheet.url)
    until(other, f"{DONE} && {AT_REST}")
    for seen in (
        TEXT,
        DRAWN,
        "curvkitPanels[0].told.settings",
        "curvkitPanels[0].knobs.sigma.value",
    ):
        assert other.evaluate(seen) == sheet.evaluate(seen)
    other.close()


@pytest.mark.parametrize(
    "turns, said",
    [
        ("width*3*4", "The turns that the link holds are left out: width is no knob"),
        ("sigma*16*1.5*500*1", "The link turns a knob after reading 500, where this run is over."),
    ],
)
def test_a_link_whose_turns_cannot_be_made_says_so(pages, browser, turns, said):
    sheet = browser.new_page()
    sheet.goto(f"{pages('tuners.model').as_uri()}#turns={turns}")
    status = f"{PANEL}?.querySelector('.status')"
    until(sheet, f"{status}?.classList.contains('bad') && curvkitPanels?.[0]?.told?.ended")
    assert sheet.locator(".curvkit-panel .status").inner_text().startswith(said)
    sheet.close()


def test_the_axes_of_a_narrow_figure_stay_as_high_beside_kept_runs_and_in_another_window(
    pages, browser
):
    sheet = browser.new_page(viewport={"width": 420, "height": 900})
    sheet.goto(pages("tuners.model").as_uri())
    until(sheet, DONE)
    plot = "curvkitPanels[0].plot"
    until(sheet, f"{plot}.settled && !curvkitPanels[0].drawing")
    axes, whole = sheet.evaluate(f"[{plot}._fullLayout._size.h, {plot}.clientHeight]")
    sheet.set_viewport_size({"width": 420, "height": 700})
    # plotly heeds it a while later, and forgets the height that it was given.
    until(sheet, f"{plot}.layout.height === undefined")
    for count in (1, 2):
        sheet.get_by_role("button", name="Keep this run").click()
        until(sheet, f"curvkitPanels[0].kept.length === {count} && !curvkitPanels[0].drawing")
    assert sheet.evaluate(f"{plot}._fullLayout._size.h") == pytest.approx(axes, abs=2)
    assert sheet.evaluate(f"{plot}.clientHeight") > whole
    sheet.close()


@pytest.mark.parametrize("lacking", ["WebAssembly", "Worker"])
def test_where_nothing_can_run_a_figure_made_beforehand_is_drawn_and_said(lacking, pages, browser):
    house = room("tuners.model").package.room
    sheet = browser.new_page()
    complaints = listened(sheet)
    sheet.add_init_script(f"delete globalThis.{lacking}")
    sheet.goto(pages("tuners.model").as_uri())
    until(sheet, f"{PANEL}?.querySelector('.js-plotly-plot .gtitle')")
    said = sheet.locator(".stage-kept").inner_text()
    assert said.startswith("This page cannot train here (the browser has no")
    assert said.endswith("; a run made beforehand is shown.")
    assert not sheet.locator(".trains-here").is_visible()
    trace = house.run(**SHORT["tuners.model"])
    assert sheet.evaluate(TEXT) == house.words(trace).replace("**", "")
    wanted = plainly(of_python(house, next(iter(house.figures)), trace))
    # As plotly reads it of what it was given, which is packed.
    curves = "_fullData.map(({ name, x, y }) => ({ name, x: [...x], y: [...y] }))"
    ours = sheet.evaluate(f"{PANEL}.querySelector('.js-plotly-plot').{curves}")
    agree({"data": ours, "title": sheet.evaluate(DRAWN)["title"]}, wanted)
    assert [each for each in complaints if not each.startswith("blob:")] == []
    sheet.close()


@pytest.fixture
def served(pages):
    """The folder of the pages over http from this machine, with what was asked for."""
    asked = []

    class Handler(http.server.SimpleHTTPRequestHandler):
        def log_message(self, form, *args):
            asked.append(args[0])

    folder = pages("tuners.model").parent
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()


def test_over_http_a_page_asks_for_itself_alone_and_fits_each_width(served, browser):
    address, asked = served
    for width in (420, 1280):
        # A profile that has not met the page, or it would not be asked for again.
        anew = browser.new_context(viewport={"width": width, "height": 900})
        sheet = anew.new_page()
        sheet.goto(f"{address}/tuners.model.html")
        until(sheet, DONE)
        assert sheet.evaluate("document.documentElement.scrollWidth") <= width
        anew.close()
    assert asked == ["GET /tuners.model.html HTTP/1.1"] * 2


@pytest.mark.full
@pytest.mark.parametrize("name", ROOMS)
def test_a_page_of_any_room_draws_all_figures_and_is_small(name, pages, shown):
    house = room(name).package.room
    sheet = shown(pages(name))
    for figure in house.figures:
        sheet.get_by_role("tab", name=figure.replace("_", " "), exact=True).click()
        until(sheet, f"{PANEL}.querySelector('[aria-selected=true]').textContent === "
                     f"{figure.replace('_', ' ')!r}")  # fmt: skip
        assert not sheet.locator(".curvkit-panel .status.bad").count(), figure


@pytest.mark.full
@pytest.mark.skipif(firefox.FIREFOX is None, reason="there is no Firefox here")
@pytest.mark.parametrize("name", SHORT)
def test_in_firefox_it_draws_and_says_the_same(name, pages):
    house = room(name).package.room
    trace = house.run(**SHORT[name])
    with firefox.opened() as sheet:
        for width in (1280, 420):
            sheet.resize(width)
            sheet.goto(pages(name).as_uri())
            sheet.until(f"{DONE} && curvkitPanels[0].times.pictured && !curvkitPanels[0].drawing")
            assert sheet.evaluate(TEXT) == house.words(trace).replace("**", "")
            wanted = plainly(of_python(house, next(iter(house.figures)), trace))
            wanted["title"] = "" if width < 620 else wanted["title"]  # a caption where it is narrow
            agree(sheet.evaluate(DRAWN), wanted)
            assert sheet.evaluate("document.documentElement.scrollWidth") <= width
        assert not sheet.complaints
        assert all(each.startswith(("file:", "data:", "blob:")) for each in sheet.asked)
