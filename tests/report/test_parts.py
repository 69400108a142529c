"""Parts of a report: key figures, sketches, players, PDF, and what a run depends on."""

import base64
import json
import re
import signal
import subprocess
from pathlib import Path
from types import SimpleNamespace

import jax
import nbformat
import numpy as np
import plotly.graph_objects as go
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output
from scripts import DEFAULTS, luminance, notebook

import curvkit.tuners.model as house
from curvkit.host import provenance
from curvkit.host.stop import Stop
from curvkit.pages import index, page, pdf, plot, summary, thumbnail
from curvkit.report import in_kernel, kernel
from curvkit.report.run import make
from curvkit.show import player
from curvkit.show.summary import key_figures, markdown

STYLE = (Path(page.__file__).parent / "style.css").read_text()
NASTY = "</script><img src=x onerror=alert(1)>\"'&"


@pytest.fixture(scope="module")
def trace():
    """Return a short run of the cheapest room."""
    return house.run(house.Settings.read(steps=30, sigma=1.5))


# Key figures


def test_what_is_told_carries_the_figures_of_merit_and_a_report_reads_them(trace):
    shown = house.tell(trace)
    data, metadata = shown._repr_markdown_()
    output = new_output(
        "display_data", {"text/markdown": data}, metadata={"text/markdown": metadata}
    )
    node = new_notebook(cells=[new_code_cell("x"), new_code_cell("y", outputs=[output, output])])
    for number, cell in enumerate(node.cells, 1):
        cell.metadata["curvkit_cell"] = number
    node = nbformat.reads(nbformat.writes(node), as_version=4)
    (run,) = summary.runs(node)
    assert (run["cell"], run["room"]) == (2, "tuners.model")
    assert run["turned"] == {"steps": 30, "sigma": 1.5}
    assert run["merits"] == pytest.approx(trace.merits())
    made = summary.table([run], "a b.html")
    assert 'href="a b.html#cell-2"' in made and '<th scope="col">settled sharpness</th>' in made
    assert "sigma = 1.5" in made


def test_what_is_no_number_is_none_in_the_key_figures(trace):
    class Odd(type(trace)):
        def merits(self):
            return {"a": np.nan, "b": np.inf, "c": np.float32(2)}

    odd = Odd(header=trace.header, **trace.arrays())
    assert json.loads(json.dumps(key_figures(odd), allow_nan=False))["merits"] == {
        "a": None, "b": None, "c": 2.0,
    }  # fmt: skip
    assert markdown("words", odd).data == "words"


def test_key_figures_of_a_stranger_are_escaped_and_what_is_none_is_a_dash():
    run = {"cell": 1, "room": NASTY, "turned": {NASTY: NASTY}, "merits": {NASTY: None, "b": 2e-7}}
    made = summary.table([run])
    assert "<img" not in made and "</script>" not in made
    assert '<td class="number">–</td>' in made and "2.00e-7" in made
    assert summary.runs(new_notebook(cells=[new_code_cell("x = 1")])) == []
    assert summary.turned("no such room", {"a": 1}) == {"a": 1}


# Sketches


def test_a_sketch_draws_each_curve_in_its_panel_and_nothing_of_any_text():
    figure = {
        "data": [
            {"x": [0, 1, 2], "y": [1, 10, 100], "line": {"color": "#123456"}, "name": NASTY},
            {"x": {"dtype": "f8", "bdata": base64.b64encode(np.arange(3.0).tobytes()).decode()},
             "y": [3, 2, None], "xaxis": "x2", "yaxis": "y2", "line": {"color": NASTY}},
            {"type": "bar", "x": ["a", "b"], "y": [1, 2]},
            {"type": "heatmap", "z": [[0, 1], [2, float("nan")]]},
            {"x": [1], "y": [1], "visible": "legendonly"},
        ],
        "layout": {
            "title": {"text": NASTY}, "yaxis": {"type": "log", "domain": [0.6, 1]},
            "yaxis2": {"domain": [0, 0.4]},
        },
    }  # fmt: skip
    made = thumbnail.svg(figure)
    assert made.count("<polyline") == 2 and made.count("#123456") == 1
    assert "onerror" not in made and "script" not in made
    first, second = (
        [float(pair.split(",")[1]) for pair in points.split()]
        for points in re.findall(r'points="([^"]*)"', made)
    )
    # Evenly spaced on a logarithmic axis, in the upper panel; the gap is left out below it.
    assert first[0] - first[1] == pytest.approx(first[1] - first[2], abs=0.11)
    assert max(first) < min(second) and len(second) == 2
    assert thumbnail.svg({}).startswith("<svg")


def test_a_sketch_leaves_gaps_where_a_curve_has_them():
    arrows = {"x": [0, 1, None] * 3, "y": [0, 1, None, 1, 2, None, 2, 3, None]}
    made = thumbnail.svg({"data": [arrows]})
    assert [len(each.split()) for each in re.findall(r'points="([^"]*)"', made)] == [2, 2, 2]


def test_a_sketch_fills_a_band_and_does_not_draw_its_edge():
    line = dict(color="#0072B2", width=0)
    within = dict(
        x=[0, 1, 1, 0], y=[0, 0, 1, 1], fill="toself", fillcolor="rgba(1,2,3,0.2)", line=line
    )
    made = thumbnail.svg({"data": [within]})
    assert "<polygon" in made and 'fill="rgba(1,2,3,0.2)"' in made and "<polyline" not in made
    below, above = dict(x=[0, 1], y=[0, 0], line=line), dict(x=[0, 1], y=[1, 1], fill="tonexty")
    (area,) = re.findall(r'<polygon points="([^"]*)"', thumbnail.svg({"data": [below, above]}))
    corners = [tuple(map(float, each.split(","))) for each in area.split()]
    assert len(set(corners)) == 4 and corners[0][0] == corners[3][0] != corners[1][0]
    (area,) = re.findall(
        r'<polygon points="([^"]*)"', thumbnail.svg({"data": [{"y": [1, 2], "fill": "tozeroy"}]})
    )
    assert len(area.split()) == 4
    nasty = dict(y=[1, 2], fill="tozeroy", fillcolor=NASTY, line=NASTY)
    assert "onerror" not in thumbnail.svg({"data": [nasty]})


@pytest.mark.parametrize("packed", [False, True])
def test_a_sketch_draws_a_map_in_its_own_colours(packed):
    z = np.arange(6.0).reshape(2, 3)
    figure = go.Figure(go.Heatmap(z=z, colorscale=[[0, "#000000"], [1, "#ffffff"]], zmin=0, zmax=5))
    figure = json.loads(figure.to_json())
    figure["data"][0]["z"] = (
        {"dtype": "f8", "bdata": base64.b64encode(z.tobytes()).decode(), "shape": "2, 3"}
        if packed else z.tolist()
    )  # fmt: skip
    cells = re.findall(r'<rect x=.*? fill="(#\w{6})"', thumbnail.svg(figure))
    assert cells == [f"#{part:02x}{part:02x}{part:02x}" for part in (0, 51, 102, 153, 204, 255)]
    for odd in ({"z": []}, {"z": [[]]}, {"z": {"bdata": "", "dtype": "f8", "shape": NASTY}}):
        assert "<rect x" not in thumbnail.svg({"data": [{"type": "heatmap", **odd}]})
    odd = {"type": "heatmap", "z": [[0, 1]], "colorscale": [[NASTY, NASTY]], "zmin": float("nan")}
    assert thumbnail.svg({"data": [odd]}).count("<rect x") == 2


def test_every_figure_of_a_room_has_a_sketch(trace):
    for name, draw in house.room.figures.items():
        made = thumbnail.svg(json.loads(draw(trace).to_json()))
        assert re.search("<(polyline|circle|rect x)", made), name


# Players and words


def test_plotly_s_player_is_replaced_by_buttons_that_a_keyboard_reaches(trace):
    draw = next(iter(house.room.figures.values()))
    figure = json.loads(player.animate(draw, trace, 5).to_json())
    before = json.dumps(figure)
    made = plot.drawn(figure, 2, "once")
    assert json.dumps(figure) == before
    assert '"updatemenus"' not in made and '"sliders"' not in made
    assert '<button type="button" aria-label="Play or pause: ' in made
    assert '<input type="range" min="0" max="4"' in made and 'data-figure="figure-3"' in made
    assert "step 0" in made and "<output>step 30</output>" in made


def test_a_figure_of_one_picture_has_neither_plotly_s_player_nor_ours(trace):
    draw = next(iter(house.room.figures.values()))
    figure = player.animate(draw, trace, 5)
    figure.frames = figure.frames[-1:]
    made = plot.drawn(json.loads(figure.to_json()), 0, "once")
    assert '"updatemenus"' not in made and '"sliders"' not in made and "transport" not in made
    assert "can be played" not in made


def test_a_menu_of_another_kind_is_left_alone():
    figure = go.Figure(go.Scatter(y=[1, 2]), frames=[go.Frame(name=n) for n in "ab"])
    buttons = [dict(label="a", method="restyle", args=["visible", [True]])]
    figure.update_layout(updatemenus=[dict(buttons=buttons)])
    made = plot.drawn(json.loads(figure.to_json()), 0, "once")
    assert '"updatemenus"' in made and "transport" not in made


def test_a_figure_is_told_in_words():
    figure = {
        "layout": {"title": "A <b>b</b>", "xaxis": {"title": {"text": "step"}},
                   "yaxis": {"title": {"text": "loss"}}, "yaxis2": {"title": {"text": "λ"}}},
        "data": [{"name": "one"}, {"name": "two"}, {}], "frames": [{}, {}],
    }  # fmt: skip
    said = plot.words(figure, 0)
    assert said == "A  b. x is step. y is loss, λ. curves: one, two. 2 frames can be played"
    assert plot.words({}, 4) == "figure 5"


@pytest.mark.parametrize("dark", [False, True])
def test_all_text_of_a_page_stands_out_from_its_paper(dark):
    # WCAG 2.1, 1.4.3: at least 4.5 to 1 for text of this size.
    block = STYLE.split(":root {")[2 if dark else 1].split("}")[0]
    colors = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block))
    for ink in ("ink", "quiet", "link", "good", "bad"):
        for paper in ("paper", "shade", *(["bad-shade"] if ink == "bad" else [])):
            light, deep = sorted(luminance(colors[each]) + 0.05 for each in (ink, paper))[::-1]
            assert light / deep >= 4.5, (ink, paper, light / deep)


# What a run depends on


@pytest.fixture
def node(tmp_path):
    return nbformat.read(notebook(tmp_path / "a.ipynb", "# Words", DEFAULTS), as_version=4)


def test_source_parameters_versions_and_switches_change_the_mark_and_outputs_do_not(
    node, monkeypatch
):
    first = provenance.mark(node, {"steps": 1})
    node.cells[1].outputs = [new_output("stream", text="said")]
    node.metadata["other"] = 1
    assert provenance.mark(node, {"steps": 1}) == first
    marks = {first, provenance.mark(node, {"steps": 2})}
    node.cells[0].source += " more"
    marks.add(provenance.mark(node, {"steps": 1}))
    monkeypatch.setattr(provenance, "versions", lambda: {"jax": "99"})
    marks.add(provenance.mark(node, {"steps": 1}))
    monkeypatch.setattr(provenance, "source", lambda: "edited")
    marks.add(provenance.mark(node, {"steps": 1}))
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    marks.add(provenance.mark(node, {"steps": 1}))
    assert len(marks) == 6


def test_only_a_whole_record_of_a_run_that_ended_well_counts(node, tmp_path):
    path = tmp_path / "done.ipynb"
    assert provenance.finished(path, "m") is None
    node.metadata["curvkit"] = {"report": {"mark": "m", "failure": ""}}
    text = nbformat.writes(node)
    path.write_text(text)
    assert provenance.finished(path, "m") == node and provenance.finished(path, "other") is None
    path.write_text(text[: len(text) // 2])
    assert provenance.finished(path, "m") is None
    node.metadata["curvkit"]["report"]["failure"] = "cell 1"
    path.write_text(nbformat.writes(node))
    assert provenance.finished(path, "m") is None


def test_the_versions_are_those_of_all_that_is_asked_for():
    found = provenance.versions()
    assert {"python", "curvkit", "jax", "jaxlib", "plotly", "optax", "numpy"} <= set(found)
    assert found["jax"] == jax.__version__
    assert "pytest" not in found and "dks" not in found


# PDF


def test_without_a_browser_a_pdf_is_refused_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    path = notebook(tmp_path / "a.ipynb", "x = 1")
    with pytest.raises(ValueError, match="printed by Chromium or Chrome, and neither is on PATH"):
        make([path], out=tmp_path / "out", formats=["pdf"])
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("said", ["GPU is unhappy\nno display", ""])
def test_a_browser_that_prints_nothing_is_told_in_a_sentence(monkeypatch, said):
    monkeypatch.setattr(pdf.shutil, "which", lambda name: "chromium")
    done = SimpleNamespace(stderr=said, returncode=21)
    monkeypatch.setattr(pdf.subprocess, "run", lambda *_, **__: done)
    last = said.split("\n")[-1] or "status 21"
    with pytest.raises(OSError, match=f"^chromium did not print the page: {last}$"):
        pdf.printed("<p>")

    def hang(*_, **__):
        raise subprocess.TimeoutExpired("chromium", 1)

    monkeypatch.setattr(pdf.subprocess, "run", hang)
    with pytest.raises(OSError, match=r"did not print the page within 180 s\."):
        pdf.printed("<p>")


@pytest.mark.slow
@pytest.mark.browser
def test_a_page_is_printed_as_pdf():
    try:
        pdf.browser()
    except ValueError:
        pytest.skip("no Chromium is installed, so nothing can be printed")
    assert pdf.printed(page.shell("t", "<p>words</p>")).startswith(b"%PDF")


# The kernel's side


class Wire(in_kernel.Bounded):
    """A bounded stream that is on no wire."""

    def __init__(self):
        self.sent, self.header = [], {"msg_id": "1"}

    parent_header = property(lambda self: self.header)


def test_of_a_gigabyte_a_megabyte_is_kept_and_the_next_cell_prints_again(monkeypatch):
    monkeypatch.setattr(in_kernel.OutStream, "write", lambda self, text: self.sent.append(text))
    stream, line = Wire(), "x" * 100_000
    for _ in range(10_000):
        assert stream.write(line) in (None, len(line))
    kept = "".join(stream.sent)
    assert kept == "x" * in_kernel.MOST_CHARACTERS + in_kernel.CUT
    stream.header = {"msg_id": "2"}
    stream.write("again")
    assert stream.sent[-1] == "again"


def test_the_kernel_says_what_it_computed_on():
    told = json.loads(in_kernel.facts())
    assert told["backend"] == jax.default_backend()
    assert told["device"].startswith(f"{jax.device_count()} × ")
    assert told["peak_mb"] > 50 and told["cpu_seconds"] > 0


# Ctrl-C


def test_a_first_key_is_noted_and_ends_the_kernel_and_a_second_one_raises():
    killed, before = [], signal.getsignal(signal.SIGINT)
    with Stop() as stop:
        stop.check()
        signal.raise_signal(signal.SIGINT)
        assert stop.asked
        stop.will_kill(lambda: killed.append(1))  # the kernel was still starting
        assert killed == [1]
        with pytest.raises(KeyboardInterrupt):
            stop.check()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_kernel_that_has_not_started_can_be_killed():
    kernel.OwnKernel().kill()


# Where nothing can be written


def test_a_full_disk_and_a_folder_without_leave_end_in_a_sentence(tmp_path, monkeypatch):
    path = notebook(tmp_path / "a.ipynb", "x = 1")

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("curvkit.report.run.Maker.make", full)
    with pytest.raises(OSError, match="to .*out: No space left on device; what had ended is there"):
        make([path], out=tmp_path / "out")

    def refuse(self, **_):
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "mkdir", refuse)
    with pytest.raises(PermissionError, match="Permission denied"):
        make([path], out=tmp_path / "other")


def test_two_reports_do_not_share_a_folder(tmp_path):
    from curvkit.host import files

    path = notebook(tmp_path / "a.ipynb", "x = 1")
    (tmp_path / "out").mkdir()
    with files.locked(tmp_path / "out", "report"):
        with pytest.raises(ValueError, match="Another report is writing to"):
            make([path], out=tmp_path / "out")


def test_the_index_tells_of_versions_devices_parameters_and_key_figures(tmp_path, trace):
    run = {"cell": 3, **key_figures(trace), "turned": {"sigma": 1.5}}
    facts = dict(
        name="a", title="T", failure="", seconds=2.0, changed={"note": NASTY}, date="today",
        device="2 × cpu", versions={"jax": "0.10"}, runs=[run], profile="quick",
        thumbnail={"svg": "<svg/>", "alt": NASTY},
    )  # fmt: skip
    made = index.render({"a": facts}, tmp_path)
    assert "2 × cpu" in made and "Made with jax 0.10." in made and "quick: note = " in made
    assert "settled sharpness" in made and 'alt="Sketch of: &lt;/script&gt;' in made
    assert "<img src=x" not in made and "data:image/svg+xml;base64,PHN2Zy8+" in made
