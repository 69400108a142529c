// The figures of a page: how they are drawn, how they fit a narrow page, and how they are played.
// CONFIG and SECONDS are set by plot.py; what makes a figure narrow stands before this, in narrow.js.

// In the pixels of a browser, of a sheet of A4 or letter with the margins of style.css.
const PAPER = 670;

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
  const { wide, full } = drawn;
  const layout = narrow ? narrowed(wide, full, form, false) : structuredClone(wide);
  const done = Plotly.newPlot(drawn, { data: drawn.data, layout, frames, config: CONFIG });
  const still = () => drawn.form === form && narrow;
  return done
    .then(() => still() && Plotly.relayout(drawn, below(drawn)))
    .then(() => still() && settle(Plotly, drawn))
    .then(() => { if (still()) drawn.settled = { height: drawn.layout.height, margin: drawn.layout.margin }; });
};

// What a figure is as it is drawn wide, kept.
const keep = (drawn) => {
  const { bare } = (drawn.full = axesOf(drawn));
  drawn.closest(".figure").classList.toggle("diagram", bare);
  if (bare && drawn.clientWidth !== drawn._fullLayout.width) Plotly.Plots.resize(drawn);
};

// The frames of a figure lie deflated beside it, and are read when one of them is first shown.
const framed = (drawn) => (drawn.framed ??= (async () => {
  const held = document.getElementById(`${drawn.id}-frames`);
  if (!held) return;
  const packed = atob(held.textContent), bytes = Uint8Array.from(packed, (c) => c.charCodeAt(0));
  const whole = new Response(bytes).body.pipeThrough(new DecompressionStream("deflate"));
  await Plotly.addFrames(drawn, JSON.parse(await new Response(whole).text()));
})());

// Until plotly is there. Where it is read late it lies last in the page, which the browser may still
// be reading when a figure is wanted at once.
const readLibrary = async () => {
  if (globalThis.Plotly) return;
  if (!globalThis.curvkitLibrary && document.readyState === "loading") {
    await new Promise((next) => addEventListener("DOMContentLoaded", next, { once: true }));
  }
  await globalThis.curvkitLibrary?.();
};

// Draws another figure in the place of one, with its own frames.
const draw = async (drawn, figure) => {
  await readLibrary();
  drawn.form = 0;
  drawn.framed = Promise.resolve();
  const given = { ...structuredClone(figure), config: CONFIG };
  return Plotly.newPlot(drawn, given).then(() => { keep(drawn); return fit(drawn); });
};

// Brings a place to a figure of a run that goes on, drawn anew only where it is another figure, or
// where a narrow one has a longer legend or more panels, which take room of their own.
const follow = async (drawn, { data, layout }, name) => {
  await readLibrary();
  const listed = data.filter((each) => each.showlegend !== false).length;
  const other = drawn.listed !== listed || drawn.wide?.height !== layout.height;
  drawn.listed = listed;
  if (drawn.shows !== name || (drawn.form && other)) {
    drawn.shows = name;
    await draw(drawn, { data, layout });
    if (!drawn.watched) new ResizeObserver(() => fit(drawn)).observe(drawn);
    drawn.watched = true;
    return;
  }
  drawn.wide = structuredClone(layout);
  const next = drawn.form ? narrowed(drawn.wide, drawn.full, drawn.form, false) : layout;
  // plotly forgets the height of a figure where the window's changes.
  if (drawn.form) Object.assign(next, drawn.settled);
  await Plotly.react(drawn, data, next, CONFIG);
  if (drawn.form) await Plotly.relayout(drawn, below(drawn));
};
globalThis.curvkitFigure = follow;

const every = [...document.querySelectorAll(".figure .plotly-graph-div")];
const watch = (drawn) => {
  keep(drawn);
  new ResizeObserver(() => fit(drawn)).observe(drawn);
};
// Where plotly is read late, the figures of the page wait for it. They are drawn one after another,
// so that a hand is heard between; what a run of the page stands for is hidden, and not drawn.
const waiting = globalThis.curvkitPlots;
const plotted = waiting ? new Promise((resolve) => {
  globalThis.curvkitPlotted = async () => {
    for (const each of [...waiting]) {
      const [name, plot] = each, drawn = document.getElementById(name);
      if (!drawn || drawn.closest("[hidden]")) continue;
      waiting.splice(waiting.indexOf(each), 1);
      plot();
      watch(drawn);
      await new Promise((next) => setTimeout(next));
    }
    resolve();
  };
}) : Promise.resolve(every.forEach(watch));

// A sheet of paper is narrower than most windows, and plotly does not see that it is printed on.
const wide = () => every.filter((drawn) => drawn._fullLayout && !drawn.form);
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
    await plotted;
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
