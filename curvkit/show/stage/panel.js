// The figures of a room whose run is made in the page: knobs, tabs, and what plotly draws of it.
import { beginning, opening, unpacked } from "./begin.js";
import { Palette, themeOf } from "./color.js";
import { buildControls, showControls } from "./controls.js";
import { Below, compared, different, fitsBehind, KEPT } from "./kept.js";
import { addStyle, element } from "./style.js";
import { refuse } from "./refusals.js";
import { Noting, shipped, wished, wishedTurns } from "./link.js";
import { cannotTrain } from "./trains.js";
import { say } from "./text.js";

const ROLES = ["paper", "ink", "muted", "faint", "stable", "unstable", "chip", "bad"];
const PLAYED_MS = 7000, PICTURE_MS = 90;
const TALL = 430; // pixels that a picture takes as long as none is known

// Bold text between two stars, and nothing else, is what a room's words have beside letters.
export const marked = (words) => words.split("**").map((part, at) => (at % 2 ? Object.assign(document.createElement("b"), { textContent: part }) : document.createTextNode(part)));

// Whether a knob changes something where all stand as in `values`: `when` has for each the cases in
// which it does, each of other knobs with the values, or the two ends, that they must have.
export function works(name, when, values) {
  const holds = ([other, allowed]) => {
    const value = values[other];
    if (!works(other, when, values)) return false;
    return typeof value === "number" ? allowed[0] <= value && value <= allowed.at(-1) : allowed.includes(value);
  };
  return !when[name]?.length || when[name].some((each) => Object.entries(each).every(holds));
}

// Gives what is below the colours of the page, now and when they change.
function lit(root) {
  const theme = () => {
    const palette = new Palette(themeOf());
    for (const name of ROLES) root.style.setProperty("--" + name, palette.role(name === "chip" ? "paper" : name));
  };
  theme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", theme);
}

class Panel {
  constructor(el, packed) {
    Object.assign(this, { packed, worker: null, kept: [], over: true, playing: 0, told: null, wanted: null, warning: "", source: true, times: {}, turnedAt: null });
    this.knobs = structuredClone(packed.knobs);
    for (const [name, value] of Object.entries(packed.trains.settings)) if (this.knobs[name]) this.knobs[name].value = value;
    this.scene = { controls: packed.front };
    addStyle();
    this.root = element("div", "stage curvkit-panel", el);
    lit(this.root);
    this.buildTabs();
    buildControls(this);
    if (packed.elsewhere.length) element("p", "elsewhere", this.root, { textContent: `Needs a notebook: ${packed.elsewhere.join(", ")}.` });
    const figure = element("div", "figure", this.root);
    figure.setAttribute("role", "img");
    element("p", "called", figure, { hidden: true });
    this.plot = element("div", "plotly-graph-div", element("div", "", figure));
    this.figure = figure;
    this.reserve(TALL);
    this.buildBar();
    this.status = element("div", "status", this.root, { textContent: "loading…" });
    this.words = element("p", "words", this.root);
    this.words.setAttribute("aria-live", "polite");
    this.merits = element("p", "merits", this.root);
    this.below = new Below(this.root);
    this.noting = new Noting({ scene: packed, trains: packed.trains }, (words) => this.warn(words));
    this.changed();
    this.tell();
  }
  buildTabs() {
    const row = element("div", "tries tabs", this.root);
    row.setAttribute("role", "tablist");
    this.tabs = Object.fromEntries(this.packed.figures.map((name) => {
      const tab = element("button", "", row, { type: "button", textContent: name.replaceAll("_", " ") });
      tab.setAttribute("role", "tab");
      tab.onclick = () => this.choose(name);
      return [name, tab];
    }));
    this.name = this.packed.figure;
  }
  buildBar() {
    const bar = element("div", "bar", this.root), button = (words, act) => {
      const made = element("button", "mode", bar, { type: "button", textContent: words });
      made.onclick = act;
      return made;
    };
    this.playButton = button("▶ Play", () => (this.playing ? this.pause() : this.play()));
    this.range = element("input", "", bar, { type: "range", min: 1, max: 1, value: 1 });
    this.range.setAttribute("aria-label", "reading");
    this.range.oninput = () => {
      const at = Number(this.range.value); // before the pause, which tells where the picture stands
      this.pause();
      this.show(at >= Number(this.range.max) ? null : at);
    };
    this.stopButton = button("Stop", () => this.send({ kind: this.told?.going ? "stop" : "go" }));
    button("Start over", () => { this.pause(); this.send({ kind: "steer", knobs: {}, over: true }); this.noting.turned("end"); });
    this.modeButton = button("start over", () => { this.over = !this.over; this.tell(); });
    this.modeButton.title = "What a turned knob does: the run starts over, or goes on with the new value where it can.";
    this.modeButton.hidden = !this.packed.trains.steers.length;
    this.keepButton = button("Keep this run", () => this.send({ kind: "keep" }));
    this.clearButton = button("Clear", () => { [this.kept, this.warning] = [[], ""]; this.tell(); this.draw(); });
  }
  send(message) {
    this.wanted = message.kind === "show" ? message.at : null;
    this.warning = "";
    this.worker?.postMessage(message);
  }
  // As a stage says which of its knobs anything answers; here all that are shown.
  turns() { return true; }
  // The place of the first picture, so that what is below does not move when it comes. Not of plotly's
  // own element, which it would take for one that has a height.
  reserve(pixels) { this.figure.style.minHeight = pixels ? `${pixels}px` : ""; }
  // Of a reading, or of the newest, the figure as it was then.
  show(at) {
    this.send({ kind: "show", at });
    if (at !== null) this.range.value = at;
  }
  choose(name) {
    this.name = name;
    this.tell();
    this.send({ kind: "figure", name });
  }
  // As a stage turns knobs: while a finger moves too, for a run of a page begins at once. A run that is
  // seen in its past goes on from there, all through a drag; one that is over has nothing to go on with.
  turnAll(knobs, phase, over = this.over) {
    const { at = 1, head = 1, ended = false } = this.told ?? {}, names = Object.keys(knobs).join();
    if (this.drag?.names !== names) this.drag = { names, at, live: at === head && !ended, over: over || (at === head && ended) };
    for (const [name, value] of Object.entries(knobs)) {
      this.knobs[name].value = value;
      refuse(this, name, "");
    }
    this.changed();
    this.pause();
    this.turnedAt = performance.now();
    this.send({ kind: "steer", knobs, ...this.drag });
    if (phase === "end") this.drag = null;
    this.noting.turned(phase);
  }
  // Knobs stand where a link's turns leave them, as they do after a hand's.
  begins(turns, refused) {
    this.warning = refused;
    for (const { knobs } of turns) for (const [name, value] of Object.entries(knobs)) this.knobs[name].value = value;
    this.changed();
    this.tell();
  }
  warn(words) {
    this.warning = words;
    this.tell();
  }
  changed() {
    const { settings, variants } = this.packed.trains;
    const values = { ...settings, ...Object.fromEntries(Object.values(this.knobs).map((each) => [each.name, each.value])) };
    // Which choices have a program beside the others as they stand.
    for (const knob of Object.values(this.knobs)) if (knob.offered) knob.offered = knob.choices.filter((each) => shipped(variants, { ...values, [knob.name]: each }));
    showControls(this);
    for (const [name, { box }] of Object.entries(this.controls)) box.hidden = !works(name, this.packed.when, values);
  }
  report(words, bad = false) {
    this.status.textContent = words;
    this.status.classList.toggle("bad", bad);
  }
  // From the reading that is shown, or from the first where that is the last; a run may go on meanwhile.
  play() {
    const { head, at } = this.told ?? {}, began = performance.now() - (at < head ? (PLAYED_MS * at) / head : 0);
    const next = () => {
      const share = (performance.now() - began) / PLAYED_MS;
      if (share >= 1) { this.pause(); this.show(null); return; }
      this.show(Math.max(1, Math.round(share * (this.told?.head ?? 1))));
      this.playing = setTimeout(next, PICTURE_MS);
    };
    this.playing = setTimeout(next, 0);
    this.tell();
  }
  pause() {
    clearTimeout(this.playing);
    this.playing = 0;
    this.tell();
  }
  tell() {
    const told = this.told;
    this.playButton.textContent = this.playing ? "❚❚ Pause" : "▶ Play";
    this.stopButton.textContent = told && !told.going ? "Go on" : "Stop";
    this.stopButton.disabled = !told || told.ended;
    this.modeButton.textContent = this.over ? "turning starts over" : "turning goes on";
    this.clearButton.disabled = !this.kept.length;
    for (const [name, tab] of Object.entries(this.tabs)) tab.setAttribute("aria-selected", String(name === this.name));
    this.keepButton.disabled = !told?.figure?.data;
    if (!told) return;
    this.range.max = told.head;
    this.playButton.disabled = this.range.disabled = told.head < 2;
    // A hand at the slider is ahead of the picture.
    if (this.wanted === null) this.range.value = told.at;
    const warning = this.warning || told.figure.failed;
    if (warning) { this.report(warning, true); return; }
    const memory = `${(told.bytes / 2 ** 20).toFixed(1)} MB`, state = told.ended ? "done" : told.going ? "training" : "stopped";
    // What has no steps counts something else, or readings alone.
    const counted = told.step === null && this.packed.counted === "step" ? "reading" : this.packed.counted;
    this.report(`${counted} ${told.step ?? told.at} · ${state} · ${memory} of readings and states`);
  }
  heard(message) {
    if (message.kind === "drawn") {
      if (message.name !== this.name) return;
      const now = performance.now();
      this.times.first ??= now;
      if (message.ended) this.times.ended ??= now;
      if (this.turnedAt !== null) [this.times.turned, this.turnedAt] = [now - this.turnedAt, null];
      this.told = message;
      this.noting.ran(message);
      if (message.at === this.wanted || message.head < this.wanted) this.wanted = null;
      this.words.replaceChildren(...marked(message.words));
      if (Array.isArray(message.merits)) this.merits.textContent = message.merits.map(([name, value]) => `${name.replaceAll("_", " ")} ${Number.isFinite(value) ? say(value) : "–"}`).join(" · ");
      this.tell();
      this.draw();
    } else if (message.kind === "kept") {
      if (this.kept.length < KEPT.length) this.kept.push({ name: different(message.settings, this.packed.trains.settings), figures: message.figures });
      else this.warning = `${KEPT.length} runs are kept, and more could not be told apart; clear them.`;
      this.tell();
      this.draw();
    } else if (message.kind === "refused") refuse(this, message.knob, message.words);
    else if (message.kind === "warned") this.warn(message.words);
    else if (message.words) this.report(message.words, !!message.bad);
  }
  draw() {
    const { figure } = this.told ?? {};
    if (!figure) return;
    this.figure.hidden = !!figure.failed; // not the picture of another tab
    if (figure.failed) return;
    if (!this.times.pictured) this.reserve(figure.layout.height ?? TALL);
    const look = { ...this.packed.look, template: this.packed.template };
    const kept = this.kept.map(({ name, figures }, k) => ({ name, number: k + 1, figure: figures[this.name] })).filter((each) => each.figure?.data);
    const behind = kept.every((each) => fitsBehind(figure, each.figure));
    const whole = behind ? compared(figure, kept) : figure;
    this.figure.setAttribute("aria-label", whole.layout.title?.text ?? this.name);
    // A copy, since plotly writes into the axes of what it is given.
    this.next = { name: this.name, data: whole.data, layout: structuredClone({ ...whole.layout, ...look }), below: behind ? [] : kept, look };
    this.drawNext();
  }
  // Pictures that come faster than they can be drawn are passed over.
  async drawNext() {
    if (this.drawing) return;
    this.drawing = true;
    while (this.next) {
      const { name, data, layout, below, look } = this.next;
      this.next = null;
      await globalThis.curvkitFigure(this.plot, { data, layout }, name);
      if (!this.times.pictured) this.reserve(0);
      this.times.pictured ??= performance.now();
      await this.below.show(below, name, look);
    }
    this.drawing = false;
  }
}

// A run made beforehand, {name, figure, words}, below a sentence.
function shownBefore(el, { figure, words, name }, { look, template }) {
  const root = element("div", "stage curvkit-panel", el);
  lit(root);
  element("p", "words", root).replaceChildren(...marked(words));
  if (!figure) return;
  const place = element("div", "figure", root);
  place.setAttribute("role", "img");
  place.setAttribute("aria-label", figure.layout.title?.text ?? name);
  element("p", "called", place, { hidden: true });
  const plot = element("div", "plotly-graph-div", element("div", "", place));
  globalThis.curvkitFigure(plot, { data: figure.data, layout: { ...figure.layout, ...look, template } }, name);
}

// Mounts {figures, figure, front, knobs, trains: {variants, settings, steers}, …} into `el`; where no
// program can run, what is in `el` stays or the run that lies there is shown, with a sentence.
export async function mountPanel(el, packed, text, early = null) {
  const { trains } = packed, before = [...el.children];
  const hide = (hidden) => before.forEach((each) => { each.hidden = hidden; });
  const link = { scene: packed, trains }, { turns, refused } = trains.shared ? wishedTurns(link) : { turns: [], refused: "" };
  if (trains.shared) Object.assign(trains.settings, wished(link));
  hide(true);
  // The worker begins while the panel is built, if it did not before.
  const run = early ?? beginning(text, { ...opening(packed), turns }), panel = Object.assign(new Panel(el, packed), { worker: run.worker });
  run.tells((message) => panel.heard(message));
  panel.begins(turns, refused);
  try {
    await run.begun;
    (globalThis.curvkitPanels ??= []).push(panel);
    return panel;
  } catch (error) {
    panel.root.remove();
    hide(false);
    const run = el.querySelector("script.before");
    cannotTrain(el, error.message, run ? "a run made beforehand is shown" : packed.instead);
    if (run) shownBefore(el, await unpacked(run.textContent), packed);
    if (globalThis.Plotly) globalThis.curvkitPlotted?.(); // what was hidden until now
    return null;
  }
}
