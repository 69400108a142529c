"""The curvature notebook, and a workbench, as a person meets them: in JupyterLab, in a browser.

Set CURVKIT_SCREENSHOTS to a folder to look at what the browser saw.
"""

import os
import re
import shutil
import time
from importlib.metadata import version
from pathlib import Path

import jupyter_lab
import nbformat
import pytest
from browsers import BROWSER, chromium

from curvkit.core import knob as knobs
from curvkit.curvature import Settings
from curvkit.draw import theme

pytestmark = [pytest.mark.slow, pytest.mark.browser]

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
PLOT = """() => {
  const plot = document.querySelector(".curvkit-panel .js-plotly-plot");
  if (!plot || !plot._fullData || !plot.layout || !plot.layout.title) return "";
  return JSON.stringify([plot._fullData.map((each) => [each.name, Array.from(each.x || []),
    Array.from(each.y || []).map(String)]), plot.layout.title.text]);
}"""
ALL_RUN = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells
  .filter((cell) => cell.cell_type === "code").every((cell) => cell.execution_count)"""
# The kernel of a notebook is a session of the server, which outlives the page.
END_KERNEL = """async (path) => {
  const sessions = window.jupyterapp.serviceManager.sessions;
  await sessions.refreshRunning();
  for (const each of sessions.running()) if (each.path === path) await sessions.shutdown(each.id);
}"""
WORKBENCH = """from curvkit import minima
minima.build([[0, 0], [1, 1], [0, 1]], [0, 0, 1], seeds=20, steps=100, width=1)"""
BENCH_PLOT = PLOT.replace(".curvkit-panel", ".curvkit-workbench")
LAST_CELL = """() => {
  const content = window.jupyterapp.shell.currentWidget.content;
  content.scrollToItem(content.widgets.length - 1);
}"""
PANEL_CELL = """() => {
  const content = window.jupyterapp.shell.currentWidget.content;
  content.scrollToItem(content.widgets.findIndex((each) =>
    each.model.sharedModel.source.includes("curvature.explore(")));
}"""
FIGURE_CELL = PANEL_CELL.replace("curvature.explore(", "curvature.figures.scaled(")
# A loop of one's own that would run on, and its stage.
LOOP = """import time, jax, optax
from curvkit import watch
from IPython.display import display
method, w = optax.inject_hyperparams(optax.sgd)(0.05), jax.numpy.ones(2)
watcher = watch(lambda w: 10 * w[0] ** 2 + w[1] ** 2, optimizer=method, every=1, budget=None)
state = method.init(w)
display(watcher.steer())
for step in watcher.steps(2000):
    state.hyperparams["learning_rate"] = watcher.learning_rate(0.05)
    updates, state = method.update(2 * jax.numpy.array([10, 1]) * w, state, w)
    w = optax.apply_updates(w, updates)
    watcher.observe(w, state, step)
    time.sleep(0.02)
print("ended:", watcher.stopped, step < 1999)"""
RUN_NEW_CELL = """async (source) => {
  const content = window.jupyterapp.shell.currentWidget.content;
  const run = (command) => window.jupyterapp.commands.execute(`notebook:${command}`);
  content.activeCellIndex = content.widgets.length - 1;
  await run("insert-cell-below");
  content.activeCell.model.sharedModel.setSource(source);
  run("run-cell");
}"""
CHANGE_THEME = """(theme) =>
  window.jupyterapp.commands.execute("apputils:change-theme", { theme })"""
# The papers of all figures that are there, whichever program drew them.
PAPERS = """() => [...document.querySelectorAll(".js-plotly-plot")]
  .filter((each) => each._fullLayout).map((each) => each._fullLayout.paper_bgcolor)"""
OF_OTHERS = """() => [...document.querySelectorAll(".js-plotly-plot")]
  .filter((each) => each._fullLayout && !each.closest(".curvkit-plot")).length"""
# Under which choice a knob says anything.
UNDER = {"momentum": ("rule", "adam"), "second_moment_decay": ("rule", "adam"),
         "flow_from": ("flow", "gradient")}  # fmt: skip


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """JupyterLab on a copy of the notebook with short runs: its address."""
    if BROWSER is None:
        pytest.skip("No Chromium is installed, so nothing was looked at in a browser.")
    if int(version("ipywidgets").partition(".")[0]) < 8:
        pytest.skip("ipywidgets 7 is for hosts with a widget manager, and not for JupyterLab 4.")
    root = tmp_path_factory.mktemp("lab")
    notebook = nbformat.read(NOTEBOOKS / "01_curvature.ipynb", as_version=4)
    first = next(cell for cell in notebook.cells if "parameters" in cell.metadata.get("tags", []))
    first.source = re.sub(r"^steps = .*$", "steps = 330", first.source, flags=re.MULTILINE)
    # A workbench, too, in the kernel that is there already.
    notebook.cells.append(nbformat.v4.new_code_cell(WORKBENCH))
    nbformat.write(notebook, root / "01_curvature.ipynb")
    shutil.copytree(NOTEBOOKS / "pictures", root / "pictures")
    with jupyter_lab.running(root) as (address, token, _):
        yield f"{address}/lab/tree/01_curvature.ipynb?token={token}"


@pytest.fixture(scope="module")
def page(lab):
    """The notebook in the browser, with all its cells run; `page.troubles` are console errors."""
    with chromium() as browser:
        page = browser.new_page(viewport=dict(width=1400, height=1000))
        page.troubles = []
        page.on("console", lambda said: said.type == "error" and page.troubles.append(told(said)))
        page.goto(lab)
        page.wait_for_function(jupyter_lab.READY, timeout=90_000)
        started = time.perf_counter()
        page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
        try:
            page.wait_for_function(f"() => ({PLOT})().length > 200", timeout=120_000)
        except Exception as late:
            pytest.fail(f"no figure in two minutes: {page.evaluate(jupyter_lab.STATE)}, {late}")
        page.first_figure = time.perf_counter() - started
        page.wait_for_function(ALL_RUN, timeout=300_000)
        page.locator(".curvkit-panel >> nth=0").scroll_into_view_if_needed()
        settle(page)
        page.as_at_first = plot(page)
        yield page


def told(said):
    """What the console said, and of which address."""
    return f"{said.text} ({said.location.get('url', '')})"


def look(page, name):
    """Leaves a screenshot, for those who want to look."""
    folder = os.environ.get("CURVKIT_SCREENSHOTS")
    if folder:
        page.screenshot(path=str(Path(folder) / f"{name}.png"))


def plot(page):
    """What the first panel's figure shows, as text."""
    return page.evaluate(PLOT)


def settle(page, before=None):
    """Waits until the first panel's run is done, and its figure another than `before`."""
    status = ".curvkit-panel >> nth=0 >> .curvkit-status"
    for _ in range(2000):
        page.wait_for_timeout(30)
        done = page.locator(status).inner_text().startswith("done")
        if done and plot(page) != before:
            return
    raise AssertionError(f"the figure did not change; status {page.locator(status).inner_text()!r}")


def settled(page, seen):
    """What is seen of a page, once it has been the same for half a second."""
    before, since = seen(), time.monotonic()
    while time.monotonic() < since + 0.5:
        page.wait_for_timeout(50)
        if (now := seen()) != before:
            before, since = now, time.monotonic()
    return before


def press(page, text):
    """Presses a button of the first panel."""
    page.locator(f".curvkit-panel >> nth=0 >> button:has-text('{text}')").click()


def reset(page):
    """Presses *Reset* and waits for the first figure, not for what an earlier run left done."""
    press(page, "Reset")
    for _ in range(2000):
        page.wait_for_timeout(30)
        if plot(page) == page.as_at_first:
            return settle(page)
    raise AssertionError("the figure did not come back as it was at first")


def turn(page, name, value):
    """Turns a knob of the first panel as a person does: by typing or choosing."""
    panel = page.locator(".curvkit-panel >> nth=0")
    row = panel.locator(f".curvkit-knob-{name}")
    if not row.is_visible():
        panel.locator("text=more knobs").click()
    row.scroll_into_view_if_needed()
    if row.locator("select").count():
        row.locator("select").select_option(value)
    else:
        field = row.locator("input[type=text]")
        field.fill(str(value))
        field.press("Enter")


def another(each):
    """A value of a knob that is neither its default nor far from it, so that runs stay short."""
    if each.choices:
        return next(choice for choice in each.choices if choice != each.default)
    if each.name == "steps":
        return 220
    value = each.default * 2 if each.default else 1
    return each.kind(value if value <= each.high else (each.low + each.default) / 2)


STAGE = "stages.findLast((each) => each && each.root.isConnected)"
RATES = f"""() => {{
  const S = {STAGE}, edge = S.store.fields.edge.values.subarray(0, S.store.rows);
  return [S.knobs.learning_rate.value, S.steers.length, Array.from(edge, (e) => 2 / e)];
}}"""


def plays(page, rows):
    """Passes over the question, and waits for so many rows."""
    page.wait_for_function(f"globalThis.stages?.length && !!{STAGE}?.guess", timeout=60_000)
    page.locator(".stage >> nth=0").scroll_into_view_if_needed()
    page.evaluate(f"{STAGE}.guess.asking && {STAGE}.play()")
    page.wait_for_function(f"{STAGE}.store.rows > {rows}", timeout=60_000)


def test_the_edge_is_turned_by_keys_while_the_network_trains_and_training_goes_on(page):
    plays(page, 60)
    page.locator(".stage >> nth=0").scroll_into_view_if_needed()
    page.evaluate(f"{STAGE}.seek(40)")
    # By keyboard, from the step that is shown.
    page.locator(".stage .grip").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.wait_for_function(f"{STAGE}.steers.length === 1 && {STAGE}.store.rows > 60")
    rate, steers, rates = page.evaluate(RATES)
    assert rate == pytest.approx(0.11, rel=1e-3) and steers == 1
    assert rates[:41] == pytest.approx([0.1] * 41, rel=1e-5)
    assert rates[45:] == pytest.approx([rate] * len(rates[45:]), rel=1e-5)
    # Back in time the knob stands where it stood then.
    page.evaluate(f"{STAGE}.seek(20)")
    page.wait_for_function(f"Math.abs({STAGE}.knobs.learning_rate.value - 0.1) < 1e-5")
    look(page, "stage")


@pytest.mark.full  # a busy machine may lose a key
def test_a_loop_in_the_kernel_takes_its_rate_from_its_stage_and_is_stopped_there(
    page,
):
    loop = 'globalThis.stages.findLast((each) => each?.scene.title === "Your own loop")'
    page.evaluate(RUN_NEW_CELL, LOOP)
    page.wait_for_function(f"{loop}?.store.rows > 10", timeout=60_000)
    stage = page.locator(".stage >> nth=-1")
    stage.scroll_into_view_if_needed()
    newest = f"((S) => S.store.fields.rate.values[S.store.rows - 1])({loop})"
    # A key may come while rows do, and be lost with the grip that it was pressed on.
    for _ in range(12):
        stage.locator(".grip").press("Shift+ArrowUp")
        page.wait_for_timeout(4000)
        if page.evaluate(newest) < 0.0499:
            break
    # The edge is a tenth higher at each press, so the rate is that much smaller: in what the loop
    # then did.
    rate = page.evaluate(newest)
    assert any(rate == pytest.approx(0.05 / 1.1**presses, rel=1e-4) for presses in range(1, 13))
    assert page.evaluate(f"{loop}.store.fields.rate.values[0]") == pytest.approx(0.05)
    look(page, "loop")
    stage.locator("button", has_text="stop").click()
    page.wait_for_function(f"!{loop}.open", timeout=60_000)
    page.wait_for_function("() => document.body.innerText.includes('ended: True True')")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:delete-cell')")


@pytest.mark.full  # a mouse that moves while cells still grow may miss
def test_the_edge_is_dragged_by_hand(page):
    plays(page, 80)
    page.locator(".stage >> nth=0").scroll_into_view_if_needed()
    page.evaluate(f"{STAGE}.seek(70)")
    page.wait_for_timeout(1000)  # two turns within a moment are one on the time bar
    rate = page.evaluate(RATES)[0]
    for _ in range(10):  # cells above may still be growing
        place = page.locator(".stage .grip").bounding_box()
        x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
        page.mouse.move(x, y)
        page.mouse.down()
        if page.evaluate(f"!!{STAGE}.grabbed"):
            break
        page.mouse.up()
        page.wait_for_timeout(500)
    for up in range(1, 9):
        page.mouse.move(x, y - 2 * up)
        page.wait_for_timeout(30)
    page.mouse.up()
    page.wait_for_function(f"{STAGE}.steers.length > 0", timeout=60_000)
    page.evaluate(f"{STAGE}.clock.playing || !{STAGE}.open || {STAGE}.play()")
    page.wait_for_function(f"!{STAGE}.open", timeout=120_000)
    dragged, _, rates = page.evaluate(RATES)
    assert dragged < 0.95 * rate and rates[-1] == pytest.approx(dragged, rel=1e-4)
    assert rates[69] == pytest.approx(rate, rel=1e-4), "what was before the drag stays"
    assert all(dragged * 0.999 <= each <= rate * 1.001 for each in rates[69:])


def test_the_first_figure_comes_while_the_other_cells_still_run(page, record_property):
    record_property("seconds_to_first_figure", round(page.first_figure, 1))
    panel = page.locator(".curvkit-panel >> nth=0")
    panel.scroll_into_view_if_needed()
    settle(page)
    look(page, "panel")
    assert "sharpness" in plot(page)
    assert "Sharpness went from" in panel.inner_text()


def test_no_cell_failed(page):
    outputs = page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells"
        ".filter((cell) => cell.cell_type === 'code').map((cell) => cell.outputs)"
    )
    kinds = [each["output_type"] for cell in outputs for each in cell]
    assert "error" not in kinds and len(outputs) >= 8


def test_the_figure_is_as_wide_as_its_place(page):
    plot = "document.querySelector('.curvkit-panel .js-plotly-plot')"
    fits = f"Math.abs({plot}.offsetWidth - {plot}._fullLayout.width) <= 2"
    page.wait_for_function(f"() => {fits}")
    for width in (1150, 1400):
        before = page.evaluate(f"{plot}.offsetWidth")
        page.set_viewport_size(dict(width=width, height=1000))
        page.wait_for_function(f"(before) => {plot}.offsetWidth !== before && {fits}", arg=before)


# What compiles anew takes long in a browser that shares the processor with it.
COMPILES = [
    each
    for each in knobs.knobs(Settings).values()
    if (each.static and each.name != "width") or each.name == "flow_from"
]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(each.name, marks=pytest.mark.full if each in COMPILES else [])
        for each in knobs.knobs(Settings).values()
        # What the valley is read at is no part of the figure that stands in front.
        if each.name not in ("rule", "valley_points")
    ],
)
def test_turning_a_knob_changes_the_figure(page, name, record_property):
    each = knobs.knobs(Settings)[name]
    reset(page)
    if name in UNDER:
        before = plot(page)
        turn(page, *UNDER[name])
        settle(page, before)
    before = plot(page)
    started = time.perf_counter()
    turn(page, name, another(each))
    settle(page, before)
    record_property("seconds_to_changed_figure", round(time.perf_counter() - started, 2))


def test_a_number_out_of_range_is_refused_in_a_sentence(page):
    reset(page)
    turn(page, "learning_rate", -3)
    row = page.locator(".curvkit-panel >> nth=0 >> .curvkit-knob-learning_rate")
    row.locator(".refused").wait_for()
    said = row.locator(".refused").inner_text()
    assert said.startswith("learning_rate must be") and "-3" in said
    assert float(row.locator("input[type=text]").input_value()) == 0.1
    # A slider of the keyboard turns the same knob, and takes the sentence away.
    before = plot(page)
    row.locator("input[type=range]").focus()
    page.keyboard.press("ArrowRight")
    settle(page, before)
    assert float(row.locator("input[type=text]").input_value()) > 0.1
    assert not row.locator(".refused").is_visible()


def test_a_knob_that_does_nothing_is_not_shown_until_it_does(page):
    reset(page)
    momentum = page.locator(".curvkit-panel >> nth=0 >> .curvkit-knob-momentum")
    assert not momentum.is_visible()
    before = plot(page)
    turn(page, *UNDER["momentum"])
    settle(page, before)
    assert momentum.is_visible()


def test_a_double_click_on_an_end_widens_a_slider_to_the_whole_range(page):
    reset(page)
    row = page.locator(".curvkit-panel >> nth=0 >> .curvkit-knob-learning_rate")
    ends = row.locator(".end")
    declared = knobs.knobs(Settings)["learning_rate"]
    assert [float(each) for each in ends.all_inner_texts()] == list(declared.useful)
    ends.nth(1).dblclick()
    assert [float(each) for each in ends.all_inner_texts()] == list(declared.ends)
    # With the list of files open, and three in a row.
    assert row.locator("input[type=range]").bounding_box()["width"] > 200


def test_play_draws_the_run_as_it_grew(page):
    readout = page.locator(".curvkit-panel >> nth=0 >> .curvkit-readout")
    seen = []
    press(page, "Play")
    # As it grows: more and more of the run, and not at once the whole.
    for _ in range(2000):
        steps = int(readout.inner_text().removeprefix("step "))
        seen += [steps] if seen[-1:] != [steps] else []
        if len({each for each in seen if 0 < each < 330}) > 2:
            break
        page.wait_for_timeout(20)
    look(page, "playing")
    grown = [each for each in seen if each < 330]
    assert len(grown) > 2 and grown == sorted(grown), seen
    press(page, "Pause")
    page.locator(".curvkit-panel >> nth=0 >> button:has-text('Play')").wait_for()
    held = settled(page, readout.inner_text)
    assert 0 < int(held.removeprefix("step ")) < 330


def test_stop_stops_a_long_run_and_keeps_what_is_there(page):
    reset(page)
    before = plot(page)
    turn(page, "steps", 20000)
    # It is under way once more of it is drawn than the run before had.
    page.wait_for_function(f"(length) => ({PLOT})().length > length", arg=len(before) + 200)
    press(page, "Stop")
    status = page.locator(".curvkit-panel >> nth=0 >> .curvkit-status")
    status.filter(has_text="stopped").wait_for()
    look(page, "stopped")
    assert len(settled(page, lambda: plot(page))) > len(before)
    assert status.inner_text() == "stopped"


def test_a_kept_run_stays_on_the_figure(page):
    reset(page)
    before = plot(page)
    press(page, "Keep this run")
    turn(page, "learning_rate", 0.2)
    settle(page, before)
    assert "1: as at first" in plot(page)
    look(page, "kept")
    press(page, "Clear")
    page.wait_for_function(f"() => !({PLOT})().includes('1: as at first')")


def test_a_run_that_diverges_says_at_which_step(page):
    reset(page)
    before = plot(page)
    turn(page, "learning_rate", 3)
    settle(page, before)
    look(page, "diverged")
    assert re.search(r"diverged at step \d+", page.locator(".curvkit-panel >> nth=0").inner_text())


@pytest.mark.full  # a busy machine may draw too late
def test_figures_drawn_before_the_page_told_its_theme_follow_it(page):
    page.evaluate(FIGURE_CELL)
    page.wait_for_function(f"() => ({OF_OTHERS})() > 0", timeout=20_000)
    for name, mode in (("JupyterLab Dark", "dark"), ("JupyterLab Light", "light")):
        page.evaluate(CHANGE_THEME, name)
        paper = f"(paper) => ({PAPERS})().every((each) => each === paper)"
        page.wait_for_function(paper, arg=theme.PAPER[mode], timeout=20_000)
        look(page, f"figures_{mode}")
    page.evaluate(PANEL_CELL)


def test_a_workbench_draws_its_table_and_acts_on_it(page):
    page.evaluate(LAST_CELL)
    bench = page.locator(".curvkit-workbench")
    bench.scroll_into_view_if_needed()
    page.wait_for_function(f"() => ({BENCH_PLOT})().length > 50")
    before = page.evaluate(BENCH_PLOT)
    field = bench.locator("input[type=number]").first
    field.fill("-2.5")
    field.press("Enter")
    page.wait_for_function(f"(before) => ({BENCH_PLOT})() !== before", arg=before)
    assert "-2.5" in page.evaluate(BENCH_PLOT)
    bench.locator("button:has-text('Search')").click()
    page.wait_for_function(
        "() => document.querySelector('.curvkit-workbench').innerText.includes('done')"
    )
    look(page, "workbench")
    assert "seeds" in bench.inner_text() or "runs" in bench.inner_text()


def test_a_saved_notebook_shows_its_pictures_before_anything_runs(page, lab):
    live = page.locator(".curvkit-still img")
    page.wait_for_function("() => document.querySelector('.curvkit-still img')")
    assert not live.first.is_visible()  # the panel itself is there
    copied = page.evaluate("""async () => {
      await window.jupyterapp.commands.execute("docmanager:save");
      return (await window.jupyterapp.serviceManager.contents.copy("01_curvature.ipynb", "")).path;
    }""")
    later = page.context.browser.new_page()
    later.goto(lab.replace("01_curvature.ipynb", copied))
    # The page is laid out some time after its pictures are there.
    laid_out = "(each) => each.clientWidth > 300"
    later.wait_for_function(
        f"() => [...document.querySelectorAll('.curvkit-still img')].some({laid_out})",
        timeout=60_000,
    )
    look(later, "reopened")
    seen = later.evaluate("""() => [...document.querySelectorAll(".curvkit-still img")].map(
      (each) => [each.naturalWidth, each.naturalHeight, each.clientWidth])""")
    assert seen and all(min(size) > 300 for *size, _ in seen), seen
    assert not later.locator(".js-plotly-plot").count()
    # Its poster, too, which lies beside it.
    poster = "document.querySelector('.jp-MarkdownOutput img[alt]')"
    later.evaluate("() => window.jupyterapp.shell.currentWidget.content.scrollToItem(0)")
    later.wait_for_function(f"() => {poster}?.naturalWidth > 300")
    later.evaluate(END_KERNEL, copied)
    later.close()


@pytest.mark.full  # all cells once more; that a run is the same twice is held without a browser
def test_after_a_restart_the_same_cells_show_the_same_figure(page):
    reset(page)
    before = plot(page)
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:restart-kernel'); }")
    page.locator(".jp-Dialog .jp-mod-accept").click()
    # The kernel of the panels is gone, and JupyterLab marks every part of them as cut off.
    page.wait_for_selector(".curvkit-panel .jupyter-widgets-disconnected")
    assert plot(page) == before
    look(page, "restarted")
    page.wait_for_timeout(2000)
    page.wait_for_function(jupyter_lab.READY, timeout=90_000)
    page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }")
    page.wait_for_function(ALL_RUN, timeout=300_000)
    page.evaluate(PANEL_CELL)
    page.wait_for_function(f"() => ({PLOT})().length > 200", timeout=120_000)
    settle(page)
    look(page, "restarted and run")
    assert plot(page) == before


def test_the_browser_had_nothing_to_complain_of(page):
    ours = [
        each for each in page.troubles if "favicon" not in each and "/api/contents/" not in each
    ]
    assert not ours, ours
