"""A widget of no height that looks after the plot beside it: its width, and that it is there.

plotly measures its place before the notebook has laid it out, and again only when the window
changes. So whenever this widget's own width changes, it says that the window did.

On a busy machine a plot's program may arrive after the first curves were sent, and they are lost on
it: it stays empty. So this widget counts the curves in the plot, and asks for them once more.
"""

import anywidget
from traitlets import Int


class Fit(anywidget.AnyWidget):
    """Put it into the box that holds a `FigureWidget` with `responsive` in its configuration.

    Attributes:
        curves: how many curves the plot should have by now.
        missing: how many times the page has asked for them, since it had fewer.
    """

    curves = Int(0).tag(sync=True)
    missing = Int(0).tag(sync=True)

    _esm = """
    const LATE = 2500, TIMES = 20;
    function render({ model, el }) {
      el.style.width = "100%";
      let waiting = null, looking = null;
      const tell = () => window.dispatchEvent(new Event("resize"));
      const soon = () => { clearTimeout(waiting); waiting = setTimeout(tell, 60); };
      const watch = new ResizeObserver(soon);
      watch.observe(el);
      const late = [300, 1500].map((wait) => setTimeout(tell, wait));
      const look = (left) => {
        const box = el.closest(".curvkit-canvas");
        const plot = box && box.querySelector(".js-plotly-plot");
        const there = plot && plot._fullLayout ? (plot.data || []).length : -1;
        if (there >= model.get("curves") || left < 1) return;
        // A plot that is not there at all has its program yet to come.
        if (there >= 0) {
          model.set("missing", model.get("missing") + 1);
          model.save_changes();
        }
        looking = setTimeout(() => look(left - 1), 2 * LATE);
      };
      const again = () => { clearTimeout(looking); looking = setTimeout(() => look(TIMES), LATE); };
      model.on("change:curves", again);
      again();
      return () => {
        watch.disconnect();
        late.forEach(clearTimeout);
        clearTimeout(waiting);
        clearTimeout(looking);
        model.off("change:curves", again);
      };
    }
    export default { render };
    """
