// A plotly figure drawn whole each time: what the page shows is what it was given, and nothing of
// the figure before. What it shares with figures of other cells stands before this, in follow.js. Figures that come faster than they can be drawn are passed over.

const STILL_AFTER = 1500;
const PURGED_AFTER = 5000;
const STYLE = `
.curvkit-plot { width: 100%; overflow-x: auto; }
.curvkit-asked { white-space: normal; line-height: 1.3; padding: 6px 10px; }
.jp-Cell:has(.curvkit-plot) .jp-OutputArea-child:has(.curvkit-still),
.curvkit-live .curvkit-still { display: none; }`;

// The library comes once a kernel, in a widget of its own, and is read once a page.
function load(source) {
  return new Promise((resolve, reject) => {
    const before = globalThis.Plotly;
    const wrapped = `(function (module) { (function (exports, define) {\n${source}\n
      }).call(globalThis, module.exports, undefined);
      globalThis.curvkitPlotlyLoaded(module.exports); })({ exports: {} });`;
    globalThis.curvkitPlotlyLoaded = (made) => {
      const library = made.newPlot ? made : globalThis.Plotly;
      globalThis.Plotly = before;
      resolve(library);
    };
    const script = document.createElement("script");
    script.src = URL.createObjectURL(new Blob([wrapped], { type: "text/javascript" }));
    script.onerror = () => reject(new Error("the plotting library could not be read"));
    document.head.append(script);
  });
}

async function library(model) {
  const name = model.get("library");
  globalThis.curvkitPlotly ??= new Map();
  const known = globalThis.curvkitPlotly;
  const version = model.get("version");
  if (!known.has(version)) {
    const held = await model.widget_manager.get_model(name.replace("IPY_MODEL_", ""));
    if (!known.has(version)) known.set(version, load(held.get("source")));
  }
  return known.get(version);
}

// What two figures must share so that one can be brought to the other: each name that either has,
// whatever its value. Lists are values, but for the curves.
function form(figure) {
  const names = [];
  const walk = (value, path) => {
    if (value && typeof value === "object" && !Array.isArray(value) && !("bdata" in value)) {
      for (const key of Object.keys(value)) walk(value[key], `${path}.${key}`);
    } else names.push(path);
  };
  const fixed = ["type", "xaxis", "yaxis", "scene", "stackgroup", "fill", "mode", "orientation"];
  figure.data.forEach((curve, at) => {
    walk(curve, at);
    for (const key of fixed) names.push(`${key}=${curve[key]}`);
  });
  const { template, title, ...layout } = figure.layout;
  walk(layout, "layout");
  names.push(title && title.text, template && JSON.stringify(template.layout));
  for (const key of Object.keys(layout)) {
    if (/^[xy]axis/.test(key)) names.push(layout[key].type, JSON.stringify(layout[key].domain));
  }
  return names.join("\n");
}

function render({ model, el }) {
  if (!document.getElementById("curvkit-plot-style")) {
    const style = document.createElement("style");
    style.id = "curvkit-plot-style";
    style.textContent = STYLE;
    document.head.append(style);
  }
  el.classList.add("curvkit-plot");
  const plot = document.createElement("div");
  plot.style.width = "100%";
  el.append(plot);
  let Plotly = null, gone = false, asked = false, drawing = false, shown = null, waiting = null;
  let width = 0, full = null, dark = null;

  const place = () => plot.isConnected && plot.clientWidth > 0;

  const still = async () => {
    if (gone || !shown || !model.get("wanted") || !place()) return;
    const { width, height } = plot._fullLayout;
    const url = await Plotly.toImage(plot, { format: "png", width, height, scale: 1 });
    model.set("still", { url, width, height });
    model.save_changes();
  };

  // A new plot has no listeners; who hears of picks is the kernel's business.
  const listen = () => plot.on("plotly_click", ({ points: [point] }) => {
    const times = (model.get("picked").times ?? 0) + 1;
    model.set("picked", { x: point.x, y: point.y, times });
    model.save_changes();
  });

  // In a narrow place as figures of other cells are there; of what axes they are is known from the
  // figure as it is drawn wide.
  const slim = () => (plot.clientWidth < NARROW ? Math.round(plot.clientWidth) : 0);
  const anew = async ({ data, layout }) => {
    await Plotly.newPlot(plot, data, layout, model.get("config"));
    if (!width) return;
    full = axesOf(plot);
    await Plotly.newPlot(plot, data, narrowed(layout, full, width), model.get("config"));
    if (full.bare) return;
    await Plotly.relayout(plot, below(plot));
    await settle(Plotly, plot);
  };
  const again = async ({ data, layout }) => {
    const { height, margin } = plot.layout;
    const next = width ? { ...narrowed(layout, full, width), height, margin } : layout;
    await Plotly.react(plot, data, next, model.get("config"));
    if (width && !full.bare) await Plotly.relayout(plot, below(plot));
  };

  const draw = async () => {
    if (!Plotly || gone || drawing || !asked || !place()) return;
    [drawing, asked] = [true, false];
    try {
      let figure = JSON.parse(model.get("figure"));
      dark = darkPage();
      if (dark != null && follows(figure.layout)) {
        figure = JSON.parse(recoloured(model.get("figure"), model.get("pairs"), dark));
      }
      width = slim();
      // plotly turns arrows by what it drew before.
      const arrows = figure.data.some((curve) => curve.marker && curve.marker.angleref);
      const now = `${width}\n${form(figure)}`, same = now === shown && !arrows;
      if (!el.closest(".jp-Cell")) document.body.classList.add("curvkit-live");
      shown = now;
      await (same ? again : anew)(figure);
      if (!same) listen();
      plot.dataset.drawn = model.get("number");
    } catch (error) {
      shown = null;
      plot.dataset.failed = String(error);
      console.error(error);
    }
    drawing = false;
    clearTimeout(waiting);
    waiting = setTimeout(still, STILL_AFTER);
    if (asked) requestAnimationFrame(draw);
  };

  const ask = () => { asked = true; requestAnimationFrame(draw); };
  const fit = new ResizeObserver(() => {
    if (!place() || !Plotly) return;
    if (asked) draw();
    else if (shown && width !== slim()) ask();
    else if (shown && !drawing && Math.abs(plot._fullLayout.width - plot.clientWidth) > 1) {
      Plotly.Plots.resize(plot);
    }
  });
  fit.observe(el);
  model.on("change:number", ask);
  model.on("change:wanted", still);
  const looks = new MutationObserver(() => dark !== darkPage() && ask());
  looks.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  library(model).then((made) => {
    Plotly = made;
    ask();
    follow(model.get("pairs"));
  }).catch((error) => {
    plot.textContent = `The figure cannot be drawn: ${error.message}; run the cell once more.`;
  });
  return () => {
    gone = true;
    fit.disconnect();
    looks.disconnect();
    clearTimeout(waiting);
    model.off("change:number", ask);
    model.off("change:wanted", still);
    // A kernel that restarts takes the widget away and not the picture, which stays until its cell
    // runs again.
    const purge = () => {
      if (plot.isConnected) setTimeout(purge, PURGED_AFTER);
      else if (Plotly && shown) Plotly.purge(plot);
    };
    purge();
  };
}

export default { render };
