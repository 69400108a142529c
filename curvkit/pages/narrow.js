// How a figure fits a narrow place, in a page and in JupyterLab: panels that stand side by side come
// above one another, titles break, and the legend is below.

const NARROW = 620, LETTER = 6.6, LINE = 16, LEAST = 170, TITLE = 34, TICKS = 34;
// Of a title within a figure: pixels of a letter and of a line, and those around it; and by how much
// plotly sets the first of several lines too high.
const HEADING = 8.6, HEADED = 20, EDGE = 8, RAISED = 11;
// Pixels beside a panel's title, of axis and margin, and those of a remark's box.
const BESIDE = 70, BOXED = 24;
// Pixels of the names beside an axis, where there is room for their lines.
const NAMED = 90;
// How wide a drawing without axes is at least; it scrolls in its place.
const DRAWN = 704;
// Of plotly's own controls below the axes.
const CONTROLS = 100, GAP = 12;

const plain = (text) => (text || "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
const text = (title) => (typeof title === "string" ? title : (title || {}).text) || "";

// A title over as many lines as it needs where a line has so many pixels; a letter and its number stay
// together.
const wrapped = (title, pixels) => {
  const lines = [""];
  title.replaceAll(" = ", "\u00a0=\u00a0").split(/<br\s*\/?>/).forEach((part, at) => {
    if (at) lines.push("");
    part.split(" ").forEach((word) => {
      const longer = `${lines.at(-1)} ${word}`.trim();
      const fits = plain(longer).length * LETTER <= pixels || !lines.at(-1);
      if (fits) lines[lines.length - 1] = longer;
      else lines.push(word);
    });
  });
  return lines.join("<br>");
};

// Each panel with its two axes, column by column, or nothing where panels share an axis.
const panels = (full) => {
  const found = full._subplots.cartesian
    .map((name) => name.match(/^(x\d*)(y\d*)$/).slice(1).map((id) => `${id[0]}axis${id.slice(1)}`))
    .filter((pair) => pair.every((name) => full[name] && !full[name].overlaying))
    .map(([x, y]) => ({ x, y, across: [...full[x].domain], up: [...full[y].domain] }));
  const own = ["x", "y"].every((axis) => new Set(found.map((p) => p[axis])).size === found.length);
  found.sort((a, b) => a.across[0] - b.across[0] || b.up[1] - a.up[1]);
  return own ? found : [];
};

// Whether words are the title of a panel.
const isHead = (a) => a.xref === "paper" && a.yref === "paper";

// Puts panels that stand side by side above one another; returns the height of all, in pixels.
const stack = (layout, full, tall) => {
  const all = panels(full);
  if (new Set(all.map((each) => each.across[0])).size < 2) return tall;
  const named = (name) => text((layout[name] || {}).title).trim() !== "";
  const ticks = (name) => full[name].visible !== false && full[name].showticklabels !== false;
  const heads = (layout.annotations || []).filter(isHead);
  const heading = (panel) => heads.filter((a) =>
    a.x >= panel.across[0] && a.x <= panel.across[1] && Math.abs(a.y - panel.up[1]) < 0.03);
  all.forEach((panel, at) => {
    panel.heads = heading(panel);
    panel.lines = Math.max(0, ...panel.heads.map((a) => text(a).split("<br>").length));
    panel.pixels = Math.max(LEAST, (panel.up[1] - panel.up[0]) * tall);
    panel.above = (at ? 14 : 0) + (at ? panel.lines * LINE : 0);
    panel.below = (ticks(panel.x) ? TICKS : 0) + (named(panel.x) ? TITLE : 0);
  });
  const last = all.at(-1);
  const whole = all.reduce((sum, p) => sum + p.above + p.pixels + p.below, 0) - last.below;
  let at = 0;
  all.forEach((panel) => {
    const top = 1 - (at + panel.above) / whole, under = top - panel.pixels / whole;
    at += panel.above + panel.pixels + panel.below;
    layout[panel.x] = { ...layout[panel.x], domain: [0, 1] };
    layout[panel.y] = { ...layout[panel.y], domain: [Math.max(0, under), Math.min(1, top)] };
    const shared = full[panel.y].matches;
    if (shared) {
      const first = layout[`yaxis${shared.slice(1)}`] || {};
      Object.assign(layout[panel.y], { showticklabels: true, title: first.title });
    }
    panel.heads.forEach((a) => Object.assign(a, { x: 0, xanchor: "left", align: "left", y: top }));
  });
  return whole;
};

// Gives the panel of an axis so many pixels more, and moves all that is above it; returns the height
// of all panels.
const grow = (layout, full, name, tall, more) => {
  const [low, high] = layout[name].domain.map((each) => each * tall), whole = tall + more;
  const at = (y) => {
    const pixels = y * tall, part = (pixels - low) / (high - low);
    return (pixels + more * Math.max(0, Math.min(1, part))) / whole;
  };
  Object.keys(full).filter((each) => each.startsWith("yaxis")).forEach((each) => {
    const domain = layout[each]?.domain || full[each].domain;
    layout[each] = { ...layout[each], domain: domain.map(at) };
  });
  (layout.annotations || []).filter(isHead).forEach((a) => { a.y = at(a.y); });
  return whole;
};

// Names beside axes, over as many lines as they need, each in a row of its own; returns the height of
// all panels.
const lineNames = (layout, full, tall) => {
  Object.keys(full).filter((name) => name.startsWith("yaxis")).forEach((name) => {
    const { categories } = full[name], axis = layout[name] || {};
    const words = categories || axis.ticktext || [];
    const lined = words.map((each) => wrapped(String(each), NAMED));
    const lines = Math.max(0, ...lined.map((each) => each.split("<br>").length));
    if (lines < 2) return;
    const domain = axis.domain || full[name].domain;
    layout[name] = { ...axis, domain, tickmode: "array", ticktext: lined };
    if (categories) layout[name].tickvals = categories;
    const more = lines * LINE * words.length - (domain[1] - domain[0]) * tall;
    if (more > 0) tall = grow(layout, full, name, tall, more);
  });
  return tall;
};

// The layout of a figure in a place so many pixels wide: the legend below, title and remarks over as
// many lines as they need; no title where it stands in a caption.
const narrowed = (wide, full, pixels, titled = true) => {
  const layout = structuredClone(wide);
  // Of both sizes, or plotly brings it to the width of its place again when it is asked to fit it.
  if (full.bare) return { ...layout, width: Math.max(DRAWN, pixels), height: full.height };
  const margin = { t: 100, b: 80, ...((wide.template || {}).layout || {}).margin, ...wide.margin };
  (layout.annotations || []).forEach((a) => {
    a.font = { ...a.font, size: 12 };
    if (isHead(a)) a.text = wrapped(text(a), pixels - BESIDE);
  });
  const tall = lineNames(layout, full, stack(layout, full, full.height - margin.t - margin.b));
  const heads = (layout.annotations || []).filter((a) => a.yref === "paper" && a.y > 0.99);
  const lines = Math.max(0, ...heads.map((a) => text(a).split("<br>").length));
  const title = titled ? wrapped(text(wide.title), (pixels - 2 * EDGE) * LETTER / HEADING) : "";
  const above = title ? title.split("<br>").length * HEADED : 0;
  const pad = { t: EDGE + (above > HEADED ? RAISED : 0), l: EDGE };
  const top = 26 + Math.max(0, lines - 1) * LINE + above;
  layout.title = { text: title, font: { size: 15 }, pad };
  Object.assign(layout.title, { x: 0, xanchor: "left", y: 1, yref: "container", yanchor: "top" });
  layout.font = { ...layout.font, size: 12 };
  layout.margin = { l: 46, r: 14, t: top, b: 40 };
  layout.legend = { ...layout.legend, orientation: "h", font: { size: 12 } };
  Object.assign(layout.legend, { x: 0, xref: "container", y: 0, yref: "container" });
  Object.assign(layout.legend, { xanchor: "left", yanchor: "bottom" });
  layout.height = tall + top + 40;
  Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name)).forEach((name) => {
    const axis = layout[name], domain = axis.domain || [0, 1];
    const room = name[0] === "x" ? Infinity : (domain[1] - domain[0]) * tall;
    const heading = { ...(typeof axis.title === "string" ? {} : axis.title), font: { size: 13 } };
    layout[name] = { ...axis, title: { ...heading, text: wrapped(text(axis.title), room) } };
  });
  return layout;
};

// The titles of x axes, and remarks, over as many lines as they need, now that the width of the panels
// is known.
const below = ({ layout, _fullLayout }) => {
  const { w } = _fullLayout._size, axes = Object.keys(layout).filter((name) => /^xaxis\d*$/.test(name));
  const titles = axes.map((name) => [`${name}.title.text`, wrapped(text(layout[name].title), w)]);
  const remarks = (layout.annotations || []).flatMap((a, at) => a.showarrow || isHead(a) ? [] :
    [[`annotations[${at}].text`, wrapped(text(a), w - BOXED)]]);
  return Object.fromEntries([...titles, ...remarks]);
};

// Makes room below the axes of a narrow figure for its legend.
const settle = (Plotly, drawn) => {
  const legend = drawn.querySelector(".legend"), size = drawn._fullLayout._size;
  const place = drawn.querySelector(".main-svg").getBoundingClientRect();
  const ends = [...drawn.querySelectorAll("[class*=xtick] text, [class^=g-x][class*=title]")]
    .map((each) => each.getBoundingClientRect()).filter((box) => box.height)
    .map((box) => box.bottom - place.top - size.t - size.h);
  const axes = Math.max(8, ...ends), tall = legend ? legend.getBoundingClientRect().height : 0;
  const { updatemenus, sliders } = drawn.layout, played = updatemenus?.length || sliders?.length;
  const room = Math.ceil(axes + tall + GAP + (played ? CONTROLS : 0)), at = Math.ceil(axes + GAP);
  // The panels as they are meant to be: plotly took from them what its legend wanted.
  const { height, margin } = drawn.layout;
  return Plotly.relayout(drawn, {
    height: size.t + height - margin.t - margin.b + room, "margin.b": room,
    ...(updatemenus?.length && { "updatemenus[0].pad.t": at, "updatemenus[0].font.size": 12 }),
    ...(sliders?.length && { "sliders[0].pad.t": at + GAP, "sliders[0].x": 0, "sliders[0].len": 1 }),
  });
};

// What a figure's axes are as it is drawn wide: for once stacked they are no longer known.
const axesOf = ({ _fullLayout: full }) => {
  const pairs = [...(full._subplots.cartesian || [])];
  const axes = Object.keys(full).filter((name) => /^[xy]axis\d*$/.test(name));
  // A drawing without axes has words as large as they are.
  const bare = axes.length === 2 && axes.every((name) => !full[name].visible);
  const known = { height: full.height, _subplots: { cartesian: pairs }, bare };
  axes.forEach((name) => {
    const { domain, overlaying, visible, showticklabels, matches, _categories: names } = full[name];
    const categories = full[name].type === "category" ? [...(names || [])] : null;
    known[name] = { domain: [...domain], overlaying, visible, showticklabels, matches, categories };
  });
  return known;
};
