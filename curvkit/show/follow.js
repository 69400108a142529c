// Figures that are outputs of other cells, which a program of plotly's drew that knows of no theme and
// of no narrow place: brought to the page's colours and to the width of their place, with no kernel.

const FOLLOWS_AFTER = 300;

// What is drawn for no look that a hand chose is brought to the page's colours here: also what was
// drawn before the kernel was told how the page looks.
const follows = (layout) => layout?.template?.layout?.meta?.colors === "page";
const numbers = (hex) => `rgba(${[1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16)).join(",")},`;

// A text, such as a figure's JSON, in the colours of a dark page, or of a light one.
function recoloured(text, pairs, dark) {
  for (const pair of pairs) {
    const [from, to] = dark ? pair : [pair[1], pair[0]];
    text = text.replaceAll(from, to).replaceAll(numbers(from), numbers(to));
  }
  return text;
}

// The same of all texts in a value; arrays of numbers stay as they are.
function walked(value, change) {
  if (typeof value === "string") return change(value);
  if (Array.isArray(value)) return value.map((each) => walked(each, change));
  if (!value || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, walked(each, change)]));
}

// Whether JupyterLab's theme is dark; null where nothing is said of it.
function darkPage() {
  const light = document.body.dataset.jpThemeLight;
  return light ? light === "false" : null;
}

// The program that drew them, which JupyterLab's extension for plotly holds; else a panel's own.
async function drawer() {
  try {
    const extension = await globalThis._JUPYTERLAB["jupyterlab-plotly"].get("./mimeExtension");
    const { Plotly } = extension().RenderedPlotly;
    if (Plotly) return Plotly;
  } catch {
    // Another program drew them.
  }
  const [lent] = globalThis.curvkitPlotly?.values() ?? [];
  return lent ?? globalThis.Plotly ?? null;
}

// A figure in the colours of the page, and in the form that its place is wide enough for.
async function bring(Plotly, drawn, state, pairs) {
  const dark = darkPage(), { layout } = drawn;
  const paper = layout.template.layout.paper_bgcolor;
  const turned = dark != null && follows(layout) && pairs.some((pair) => pair[1] === paper) !== dark;
  const width = Math.round(drawn.clientWidth), fits = !width || width >= NARROW;
  const form = width ? (fits ? 0 : width) : state.form;
  if (!turned && form === state.form) return;
  const change = (given) => turned ? walked(given, (text) => recoloured(text, pairs, dark)) : given;
  const data = change(drawn.data);
  state.wide = change(state.form ? state.wide : structuredClone(layout));
  if (form === state.form) {
    await Plotly.react(drawn, data, change(layout));
    return;
  }
  state.form = form;
  const frames = drawn._transitionData?._frames ?? [], config = { ...drawn._context };
  const next = form ? narrowed(state.wide, state.full, form) : structuredClone(state.wide);
  // Drawn anew, for a legend stays where it was when only the layout is changed.
  await Plotly.newPlot(drawn, { data, layout: next, frames, config });
  if (!form || state.full.bare) return;
  await Plotly.relayout(drawn, below(drawn));
  await settle(Plotly, drawn);
}

// The paper of a picture.
const papers = new WeakMap();
function paperOf(picture) {
  if (!papers.has(picture)) {
    const corner = document.createElement("canvas").getContext("2d");
    corner.drawImage(picture, 0, 0);
    const parts = [...corner.getImageData(1, 1, 1, 1).data.slice(0, 3)];
    papers.set(picture, `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`);
  }
  return papers.get(picture);
}

// Whether a saved picture of a figure, which the extension shows until it is hovered over, has the
// paper of the other look: who opens a notebook again has pictures from when it was run.
function outdated(picture, pairs) {
  const dark = darkPage();
  if (dark == null || !picture.naturalWidth || !picture.clientWidth) return false;
  const has = (look) => pairs.some((pair) => pair[look].toLowerCase() === paperOf(picture));
  return has(dark ? 0 : 1) && !has(dark ? 1 : 0);
}

// What plotly draws beside the page to take a picture of it, stays as it is.
const ours = ({ layout, _fullLayout: full, _context: context }) =>
  full && !context.staticPlot && layout?.template?.layout?.meta?.colors;

// Follows the page, whichever widget comes first.
function follow(pairs) {
  if (globalThis.curvkitFollows) return;
  globalThis.curvkitFollows = true;
  const states = new WeakMap();
  let soon = 0;
  // What moves on the page meanwhile, as a scene that plays, must not put this off.
  const later = () => { soon ||= setTimeout(all, FOLLOWS_AFTER); };
  const fits = new ResizeObserver(later);
  const one = async (drawn) => {
    if (!states.has(drawn)) {
      states.set(drawn, { form: 0, full: axesOf(drawn), busy: false });
      fits.observe(drawn);
    }
    const state = states.get(drawn);
    if (state.busy) return;
    state.busy = true;
    try {
      const Plotly = await drawer();
      if (Plotly) await bring(Plotly, drawn, state, pairs);
    } catch (error) {
      console.error(error);
    }
    state.busy = false;
  };
  const all = () => {
    soon = 0;
    for (const each of document.querySelectorAll(".js-plotly-plot")) {
      if (!each.closest(".curvkit-plot") && ours(each)) one(each);
    }
    for (const each of document.querySelectorAll(".jp-RenderedPlotly > img.plot-img[src]")) {
      if (!each.complete) each.addEventListener("load", later, { once: true });
      else if (outdated(each, pairs)) each.dispatchEvent(new MouseEvent("mouseenter"));
    }
  };
  new MutationObserver(later).observe(document.body, { childList: true, subtree: true });
  new MutationObserver(later).observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  later();
}
