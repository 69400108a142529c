// The figures of a page: how they are drawn, how they fit a narrow page, and how they are played.
// CONFIG and SECONDS are set by plot.py.

const NARROW = 620, LETTER = 6.6, LINE = 16, LEAST = 170, TITLE = 34, TICKS = 34;
// In the pixels of a browser, of a sheet of A4 or letter with the margins of style.css.
const PAPER = 670;

const plain = (text) => (text || "").replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").trim();
const text = (title) => (typeof title === "string" ? title : (title || {}).text) || "";

// A title over as many lines as it needs where a line has so many pixels.
const wrapped = (title, pixels) => {
  const lines = [""];
  title.split(/<br\s*\/?>/).forEach((part, at) => {
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

// Puts panels that stand side by side above one another; returns the height of all, in pixels.
const stack = (layout, full, tall) => {
  const all = panels(full);
  if (new Set(all.map((each) => each.across[0])).size < 2) return tall;
  const named = (name) => text((layout[name] || {}).title).trim() !== "";
  const ticks = (name) => full[name].visible !== false && full[name].showticklabels !== false;
  const heads = (layout.annotations || []).filter((a) => a.xref === "paper" && a.yref === "paper");
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

// The layout of a figure on a narrow page: no title, for that is a caption; the legend below.
const narrowed = (wide, full) => {
  const layout = structuredClone(wide);
  const margin = { t: 100, b: 80, ...((wide.template || {}).layout || {}).margin, ...wide.margin };
  const tall = stack(layout, full, full.height - margin.t - margin.b);
  const heads = (layout.annotations || []).filter((a) => a.yref === "paper" && a.y > 0.99);
  const lines = Math.max(0, ...heads.map((a) => text(a).split("<br>").length));
  const top = 26 + Math.max(0, lines - 1) * LINE;
  layout.title = { text: "" };
  layout.font = { ...layout.font, size: 12 };
  layout.margin = { l: 46, r: 14, t: top, b: 40 };
  layout.legend = { ...layout.legend, orientation: "h", font: { size: 12 } };
  Object.assign(layout.legend, { x: 0, xref: "container", y: 0, yref: "container" });
  Object.assign(layout.legend, { xanchor: "left", yanchor: "bottom" });
  layout.height = tall + top + 40;
  (layout.annotations || []).forEach((a) => { a.font = { ...a.font, size: 12 }; });
  Object.keys(layout).filter((name) => /^[xy]axis\d*$/.test(name)).forEach((name) => {
    const axis = layout[name], domain = axis.domain || [0, 1];
    const room = name[0] === "x" ? Infinity : (domain[1] - domain[0]) * tall;
    const title = { ...(typeof axis.title === "string" ? {} : axis.title), font: { size: 13 } };
    layout[name] = { ...axis, title: { ...title, text: wrapped(text(axis.title), room) } };
  });
  return layout;
};

// The titles of x axes over as many lines as they need, now that the width of the panels is known.
const below = ({ layout, _fullLayout }) => Object.fromEntries(
  Object.keys(layout).filter((name) => /^xaxis\d*$/.test(name)).map((name) =>
    [`${name}.title.text`, wrapped(text(layout[name].title), _fullLayout._size.w)]));

// Makes room below the axes of a narrow figure for its legend.
const settle = (drawn) => {
  const legend = drawn.querySelector(".legend"), size = drawn._fullLayout._size;
  const place = drawn.querySelector(".main-svg").getBoundingClientRect();
  const ends = [...drawn.querySelectorAll("[class*=xtick] text, [class^=g-x][class*=title]")]
    .map((each) => each.getBoundingClientRect()).filter((box) => box.height)
    .map((box) => box.bottom - place.top - size.t - size.h);
  const axes = Math.max(8, ...ends), tall = legend ? legend.getBoundingClientRect().height : 0;
  const room = Math.ceil(axes + tall + 12);
  return Plotly.relayout(drawn, { height: size.t + size.h + room, "margin.b": room });
};

// Brings a figure into the form that its page is wide enough for.
const fit = (drawn) => {
  if (!drawn._fullLayout || !drawn.clientWidth) return;
  const narrow = drawn.clientWidth < NARROW, picture = drawn.closest(".figure");
  const form = narrow ? Math.round(drawn.clientWidth) : 0;
  if (!picture || (drawn.form || 0) === form) return;
  drawn.wide = drawn.form ? drawn.wide : structuredClone(drawn.layout);
  drawn.form = form;
  const caption = picture.querySelector(".called");
  caption.textContent = plain(text(drawn.wide.title));
  caption.hidden = !narrow || !caption.textContent;
  picture.classList.toggle("narrow", narrow);
  // Drawn anew, for a legend stays where it was when only the layout is changed.
  const frames = (drawn._transitionData || {})._frames || [];
  const layout = narrow ? narrowed(drawn.wide, drawn.full) : structuredClone(drawn.wide);
  const done = Plotly.newPlot(drawn, { data: drawn.data, layout, frames, config: CONFIG });
  const still = () => drawn.form === form && narrow;
  return done
    .then(() => still() && Plotly.relayout(drawn, below(drawn)))
    .then(() => still() && settle(drawn));
};

// What a figure's axes are as it is drawn wide: kept, for once stacked they are no longer known.
const keep = (drawn) => {
  const full = drawn._fullLayout;
  const axes = Object.keys(full).filter((name) => /^[xy]axis\d*$/.test(name));
  const pairs = [...(full._subplots.cartesian || [])];
  drawn.full = { height: full.height, _subplots: { cartesian: pairs } };
  axes.forEach((name) => {
    const { domain, overlaying, visible, showticklabels, matches } = full[name];
    drawn.full[name] = { domain: [...domain], overlaying, visible, showticklabels, matches };
  });
  // A drawing without axes whose words are as large as they are: it scrolls in its own box.
  const bare = axes.length === 2 && axes.every((name) => !full[name].visible);
  drawn.closest(".figure").classList.toggle("diagram", bare);
  if (bare && drawn.clientWidth !== full.width) Plotly.Plots.resize(drawn);
};

// The frames of a figure lie deflated beside it, and are read when one of them is first shown.
const framed = (drawn) => (drawn.framed ??= (async () => {
  const held = document.getElementById(`${drawn.id}-frames`);
  if (!held) return;
  const packed = atob(held.textContent), bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
  const whole = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
  await Plotly.addFrames(drawn, JSON.parse(await new Response(whole).text()));
})());

// Draws another figure in the place of one, with its own frames.
const draw = (drawn, figure) => {
  drawn.form = 0;
  drawn.framed = Promise.resolve();
  const given = { ...structuredClone(figure), config: CONFIG };
  return Plotly.newPlot(drawn, given).then(() => { keep(drawn); return fit(drawn); });
};

// Brings a place to a figure of a run that goes on, drawn anew only where it is another figure.
const follow = async (drawn, { data, layout }, name) => {
  await globalThis.curvkitLibrary?.();
  if (drawn.shows !== name) {
    drawn.shows = name;
    await draw(drawn, { data, layout });
    if (!drawn.watched) new ResizeObserver(() => fit(drawn)).observe(drawn);
    drawn.watched = true;
    return;
  }
  drawn.wide = structuredClone(layout);
  const next = drawn.form ? narrowed(drawn.wide, drawn.full) : layout;
  if (drawn.form) Object.assign(next, { height: drawn.layout.height, margin: drawn.layout.margin });
  await Plotly.react(drawn, data, next, CONFIG);
  if (drawn.form) await Plotly.relayout(drawn, below(drawn));
};
globalThis.curvkitFigure = follow;

const every = [...document.querySelectorAll(".figure .plotly-graph-div")];
every.forEach((drawn) => {
  keep(drawn);
  new ResizeObserver(() => fit(drawn)).observe(drawn);
});

// A sheet of paper is narrower than most windows, and plotly does not see that it is printed on.
const wide = () => every.filter((drawn) => !drawn.form);
addEventListener("beforeprint", () =>
  wide().forEach((drawn) => Plotly.relayout(drawn, { width: PAPER })));
addEventListener("afterprint", () =>
  wide().forEach((drawn) => Plotly.relayout(drawn, { width: null, autosize: true })));

document.querySelectorAll(".transport").forEach((bar) => {
  const drawn = document.getElementById(bar.dataset.figure);
  const [button, range, said] = bar.children;
  const frame = { duration: 0, redraw: bar.dataset.redraw === "yes" };
  let frames = [], steps = [], timer = null;
  const say = (at) => {
    range.value = at;
    range.setAttribute("aria-valuetext", steps[at]);
    said.textContent = steps[at];
  };
  const show = async (at) => {
    say(at);
    await framed(drawn);
    // What was asked for meanwhile is shown in its place.
    if (at !== Number(range.value)) return;
    Plotly.animate(drawn, [frames[at]], { mode: "immediate", frame, transition: { duration: 0 } });
  };
  const pause = () => {
    clearInterval(timer);
    timer = null;
    button.textContent = "▶ Play";
  };
  const play = () => {
    let at = Number(range.value) >= frames.length - 1 ? 0 : Number(range.value);
    const next = () => (at >= frames.length ? pause() : show(at++));
    button.textContent = "❚❚ Pause";
    timer = setInterval(next, 1000 * SECONDS / frames.length);
  };
  const load = () => {
    frames = JSON.parse(bar.dataset.frames);
    steps = JSON.parse(bar.dataset.steps);
    range.max = frames.length - 1;
    say(frames.length - 1);
    bar.hidden = false;
  };
  button.addEventListener("click", () => (timer === null ? play() : pause()));
  range.addEventListener("input", () => { pause(); show(Number(range.value)); });
  bar.addEventListener("pause", pause);
  bar.addEventListener("load", load);
  load();
});
