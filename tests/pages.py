"""A page with the plot's own program and no kernel: what it draws, and what is drawn fresh."""

import contextlib
import json
from collections.abc import Iterator
from typing import Any

import plotly.graph_objects as go
import plotly.offline
from browsers import chromium

from curvkit.draw.config import CONFIG
from curvkit.show import plot

# A widget's model as the plot's program sees it, and what a plot shows, told in text.
PAGE = """async (given) => {
  const blob = new Blob([given.program], { type: "text/javascript" });
  const { default: widget } = await import(URL.createObjectURL(blob));
  const held = { get: () => given.library };
  window.mounted = (figure) => {
    const state = { library: "IPY_MODEL_x", version: "1", config: given.config,
      figure: JSON.stringify(figure), number: 0, wanted: 0, picked: {} };
    const heard = {};
    const model = {
      get: (name) => state[name],
      set: (name, value) => { state[name] = value; },
      save_changes: () => {},
      on: (event, call) => { heard[event] = call; },
      off: () => {},
      widget_manager: { get_model: async () => held },
    };
    const el = document.createElement("div");
    el.style.width = "900px";
    document.body.append(el);
    const close = widget.render({ model, el });
    const show = (figure) => {
      state.figure = JSON.stringify(figure);
      state.number += 1;
      heard["change:number"]();
    };
    return { state, el, show, close: () => { close(); el.remove(); } };
  };
  window.drawn = async (mounted) => {
    const plot = mounted.el.firstChild, until = performance.now() + 30000;
    while (plot.dataset.drawn !== String(mounted.state.number)) {
      if (plot.dataset.failed) throw new Error(plot.dataset.failed);
      if (performance.now() > until) throw new Error("nothing was drawn in 30 s");
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return plot;
  };
  // Numbers that plotly gives out anew for each plot say nothing of what is seen.
  window.seen = (plot) => {
    const uid = plot._fullLayout._uid;
    const told = (each) => each.nodeType !== 1 ? each.textContent : [each.tagName,
      ...[...each.attributes].map((one) => `${one.name}=${one.value}`).sort(),
      ...[...each.childNodes].map(told)].join("\\n");
    const svg = [...plot.querySelectorAll(".main-svg")].map(told).join("\\n");
    // To be wholly opaque, as errors bars are told when they are drawn anew, is to look as before.
    return svg.replaceAll(uid, "").replace(/\\nstyle=opacity: 1;(?=\\n)/g, "")
      .replace(/(url\\(['"]?)[^#]*#/g, "$1#")
      .replace(/legendfill-[0-9a-f]{6}/g, "legendfill")
      .replace(/trace[0-9a-f]{6}/g, "trace").replace(/cb[0-9a-f]{6}/g, "cb")
      .replace(/[a-z]*(clip|g|fill)[0-9a-f]{6}/g, "");
  };
  window.fresh = async (figure) => {
    const mounted = window.mounted(figure);
    const seen = window.seen(await window.drawn(mounted));
    mounted.close();
    return seen;
  };
}"""
WALK = """async ({ figures, path }) => {
  const fresh = [];
  for (const figure of figures) fresh.push(await window.fresh(figure));
  const mounted = window.mounted(figures[path[0]]), wrong = [];
  await window.drawn(mounted);
  for (let at = 1; at < path.length; at += 1) {
    mounted.show(figures[path[at]]);
    const seen = window.seen(await window.drawn(mounted));
    if (seen !== fresh[path[at]]) wrong.push([path[at - 1], path[at], fresh[path[at]], seen]);
  }
  mounted.close();
  return wrong;
}"""

LOOK = "(light) => { document.body.dataset.jpThemeLight = light; }"
# A figure as an output of another cell, drawn by a program of plotly's that knows of no theme.
OTHER = """async (figure) => {
  const Plotly = await window.curvkitPlotly.get("1");
  const other = document.body.appendChild(document.createElement("div"));
  other.style.width = "900px";
  await Plotly.newPlot(other, figure.data, figure.layout);
  window.other = other;
}"""
UNTIL = "(paper) => window.other._fullLayout.paper_bgcolor === paper"


@contextlib.contextmanager
def opened() -> Iterator[Any]:
    """A page in a browser, ready to draw; the test is skipped where no browser is."""
    with chromium() as browser:
        page = browser.new_page(viewport=dict(width=1400, height=1000))
        given = dict(program=plot.Plot._esm, library=plotly.offline.get_plotlyjs(), config=CONFIG)
        page.evaluate(PAGE, given)
        yield page


def differing(page: Any, figures: list[go.Figure], path: list[int]) -> list[tuple[int, int]]:
    """Which steps of a walk over figures leave on the page something else than the figure."""
    given = [json.loads(figure.to_json()) for figure in figures]
    return [tuple(each[:2]) for each in page.evaluate(WALK, dict(figures=given, path=list(path)))]


def every_pair(count: int) -> list[int]:
    """A walk on which each of so many figures is followed once by each, itself too (Hierholzer)."""
    left = {one: list(range(count)) for one in range(count)}
    stack, walk = [0], []
    while stack:
        if left[stack[-1]]:
            stack.append(left[stack[-1]].pop())
        else:
            walk.append(stack.pop())
    return walk[::-1]
