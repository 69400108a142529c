"""A widget of no height that keeps the plots beside it as wide as their place.

plotly measures its place before the notebook has laid it out, and again only when the window
changes. So whenever this widget's own width changes, it says that the window did.
"""

import anywidget


class Fit(anywidget.AnyWidget):
    """Put it into the box that holds a `FigureWidget` with `responsive` in its configuration."""

    _esm = """
    function render({ el }) {
      el.style.width = "100%";
      let waiting = null;
      const tell = () => window.dispatchEvent(new Event("resize"));
      const soon = () => { clearTimeout(waiting); waiting = setTimeout(tell, 60); };
      const watch = new ResizeObserver(soon);
      watch.observe(el);
      const late = [300, 1500].map((wait) => setTimeout(tell, wait));
      return () => { watch.disconnect(); late.forEach(clearTimeout); };
    }
    export default { render };
    """
