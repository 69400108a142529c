// Runs that were kept, for comparison with later ones, as a notebook's panel shows them: curves over
// the same axes behind the figure, any other figure (a map, bars, a surface) below it.
import { element } from "./style.js";
import { say } from "./text.js";

// Kept runs are told apart by these: on a light page, and no role's colour.
export const KEPT = ["#8C510A", "#00838F", "#AD1457", "#6A7B00", "#5E35B1"];

const isNumbers = (values) => ArrayBuffer.isView(values) || (Array.isArray(values) && values.every((each) => each === null || typeof each === "number"));
// Whether a curve is numbers over numbers, in one colour, on no other's shoulders.
const isPlain = ({ type, stackgroup, x, y, marker }) =>
  ["scatter", "scattergl"].includes(type) && !stackgroup && isNumbers(x ?? []) && isNumbers(y ?? []) && ["string", "undefined"].includes(typeof (marker?.color ?? undefined));
const axisNames = (data) => [...new Set(data.flatMap((each) => ["x", "y"].map((letter) => (each[`${letter}axis`] ?? letter).replace(letter, `${letter}axis`))))];
const axisSaid = (axis = {}) => JSON.stringify([axis.type ?? null, (axis.title?.text ?? axis.title ?? null), axis.overlaying ?? null]);

// Whether the curves of `other` mean the same among those of `figure`.
export function fitsBehind(figure, other) {
  const names = axisNames(figure.data), lines = ({ layout }) => JSON.stringify(layout.shapes ?? []);
  return (
    [...figure.data, ...other.data].every(isPlain) && lines(figure) === lines(other) &&
    axisNames(other.data).every((name) => names.includes(name) && axisSaid(figure.layout[name]) === axisSaid(other.layout[name]))
  );
}

// An axis with a range of its own shows what those of the other figures show, too.
function widened(layout, others) {
  const wide = { ...layout };
  for (const [name, axis] of Object.entries(layout)) {
    if (!/^[xy]axis\d*$/.test(name) || !axis.range) continue;
    const ranges = [axis, ...others.map((each) => each[name])].map((each) => each?.range).filter(Boolean).flat();
    const ends = [Math.min(...ranges), Math.max(...ranges)];
    wide[name] = { ...axis, range: axis.range[0] <= axis.range[1] ? ends : ends.reverse() };
  }
  return wide;
}

// A figure with the curves of kept runs, [{name, figure}], behind its own.
export function compared(figure, kept) {
  const behind = kept.flatMap(({ name, figure: other }, k) => other.data.map((each, at) => {
    const color = KEPT[k % KEPT.length], { fillcolor, ...plain } = each;
    return {
      ...plain, name: `${k + 1}: ${name}`, legendgroup: `kept ${k + 1}`, showlegend: at === 0, opacity: 0.75,
      line: { ...each.line, color, width: 1.8 }, marker: { ...each.marker, color },
      ...(each.fill && each.fill !== "none" && { fillcolor: `${color}2e` }),
    };
  }));
  return { data: [...behind, ...figure.data], layout: widened(figure.layout, kept.map((each) => each.figure.layout)) };
}

// The figures of kept runs, each in a place of its own below `root`'s picture.
export class Below {
  constructor(root) {
    this.box = element("div", "kept", root);
    this.places = [];
    this.shown = "";
  }
  // Drawn once, and not at each picture of the run above; `view` is what they depend on besides.
  async show(figures, view, look) {
    const shown = JSON.stringify([view, figures.map((each) => [each.number, each.name])]);
    if (shown === this.shown) return;
    this.shown = shown;
    while (this.places.length < figures.length) this.places.push(this.place());
    this.places.forEach(({ figure }, k) => { figure.hidden = k >= figures.length; });
    for (const [k, { name, number, figure }] of figures.entries()) {
      const place = this.places[k], title = figure.layout.title?.text ?? "";
      const text = `${title} · <span style="color:${KEPT[(number - 1) % KEPT.length]}">kept ${number}: ${name}</span>`;
      place.figure.setAttribute("aria-label", `kept ${number}: ${name}. ${title}`);
      await globalThis.curvkitFigure(place.plot, { data: figure.data, layout: { ...figure.layout, ...look, title: { ...figure.layout.title, text } } }, shown);
    }
  }
  place() {
    const figure = element("div", "figure", this.box);
    figure.setAttribute("role", "img");
    element("p", "called", figure, { hidden: true });
    return { figure, plot: element("div", "plotly-graph-div", element("div", "", figure)) };
  }
}

// What turned of the knobs since the page began.
export const different = (settings, first) => Object.entries(settings).filter(([name, value]) => value !== first[name]).map(([name, value]) => `${name.replaceAll("_", " ")} ${typeof value === "number" ? say(value) : value}`).join(", ") || "as at first";
