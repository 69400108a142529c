// The stage: plays a scene (JSON) over a trace (typed arrays) on a canvas, by itself.
import { buildAims, drawAim, placeAims } from "./aim.js";
import { buildUndo } from "./brush.js";
import { between } from "./channel.js";
import { buildChoices } from "./choose.js";
import { Clock, SPEEDS } from "./clock.js";
import { Palette, themeOf } from "./color.js";
import { buildControls, showControls } from "./controls.js";
import { Detail, drawSparse } from "./detail.js";
import { drawHandle, handlesOf, knobOf, knobsOf, placeHandle } from "./handles.js";
import { down, key, keyOnHandle, move, up } from "./hands.js";
import { approach, clamp, mix } from "./maths.js";
import { ask, askAnew, askNow, bide, decided, drawGuess, withdraw } from "./predict.js";
import { refusalPlace, refuse, withdrawn } from "./refusals.js";
import { Store } from "./store.js";
import { addStyle, element } from "./style.js";
import { swung } from "./swing.js";
import { plain } from "./text.js";
import { buildTrack, drawTrack, waveOf } from "./track.js";
import { clipTo, compiledView, drawBack, drawCursor, drawMark, placeViews, shown } from "./views.js";
import { buildSentence, rich, speak, tell } from "./words.js";

// Milliseconds for which a knob stays where a hand left it, until the rows that answer are there.
const HELD = 900;
// The share of a question that is seen where it waits for an answer.
const LOOKED_AT = 0.5;

export class Stage {
  // `asks`: whether it asks for a prediction by itself.
  constructor(el, scene, fields, source = null, { asks = true } = {}) {
    Object.assign(this, {
      scene, source, asks, open: !!source?.live, played: false, over: false, stays: false, stood: null, peek: null, hover: null, hot: null,
      ghost: null, chosen: {}, inHand: new Set(), steers: [], frames: [], costs: [], broken: false,
    });
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.store = new Store(fields);
    if (scene.lost) this.store.guardBy(scene.lost);
    this.knobs = {};
    for (const [name, k] of Object.entries(scene.knobs ?? {})) this.knobs[name] = { name, ...k };
    this.clock = new Clock(this.store, scene.pace);
    this.detail = new Detail();
    this.views = scene.views.map((v) => compiledView(this, v));
    for (const v of this.views) {
      if (v.drop && !this.turns([v.drop.x.knob, v.drop.y.knob])) v.drop = null;
      if (v.paint && !source?.paint) v.paint = null;
    }
    this.pendulums = this.views.flatMap((v) => v.marks.filter((m) => m.mark === "swing"));
    const held = this.views.flatMap((v) => v.marks.filter((m) => m.drag));
    this.handles = held.filter((m) => this.turns(knobsOf(this, m))).flatMap((m) => handlesOf(this, m));
    this.wave = waveOf(this);
    this.build(el);
    this.setTheme();
    this.watch();
    this.resize();
    if (scene.autoplay !== false && !this.calm) this.play();
    else if (this.calm && !this.open) {
      this.played = true;
      this.clock.t = this.store.last;
    }
    this.tell(true);
    this.wake();
  }

  // The colour of a mark at a row: a role, or a number through a ramp.
  paint(m, row, k = 0) {
    const c = m.color;
    if (c?.ramp) {
      const read = m.c.color, item = read.size > 1 ? k : 0;
      const whole = Number.isInteger(row) && row <= this.store.last;
      const value = whole ? read.get(row, item) : between(read, row, item, this.store.last);
      const p = clamp((value - c.domain[0]) / (c.domain[1] - c.domain[0]));
      return Number.isFinite(p) ? this.palette.ramp(c.ramp)[Math.round(p * 63)] : this.palette.role("muted");
    }
    if (c?.roles) return this.palette.role(c.roles[Math.round(m.c.color.get(Math.floor(row), k))] ?? "muted");
    if (Array.isArray(c)) return this.palette.role(c[k % c.length]);
    return this.palette.role(c ?? "ink");
  }

  // ---- the page around the canvas
  build(el) {
    addStyle();
    const root = (this.root = element("div", "stage", el));
    root.tabIndex = -1;
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", plain(this.scene.title));
    element("h3", "", root).append(...rich(this.scene.title));
    buildSentence(this);
    buildControls(this);
    // Above the picture, so that it is seen also where the picture is taller than the page.
    this.askBox = element("div", "question", root);
    this.askBox.setAttribute("role", "group");
    this.askBox.setAttribute("aria-label", "a prediction");
    this.hold = element("div", "hold", root);
    this.canvas = element("canvas", "", this.hold);
    this.ctx = this.canvas.getContext("2d");
    this.canvas.setAttribute("role", "img");
    this.beatBox = element("div", "beat", this.hold);
    // Where a curve is to be drawn a finger draws; on the rest of the picture it scrolls the page.
    if (this.scene.predict?.view) this.pad = this.taken(element("div", "pad", this.hold, { hidden: true }));
    for (const h of this.handles) this.buildGrip(h);
    buildAims(this);
    buildChoices(this);
    this.buildBar(element("div", "bar", root));
    this.statusLine = element("div", "status", root);
    this.live = element("div", "hidden", root);
    this.live.setAttribute("aria-live", "polite");
  }
  buildGrip(h) {
    const grip = (h.grip = element("div", "grip", this.hold));
    grip.tabIndex = h.drag.each && h.item ? -1 : 0;
    grip.setAttribute("role", "slider");
    grip.setAttribute("aria-orientation", h.axes.y ? "vertical" : "horizontal");
    grip.setAttribute("aria-label", plain(h.label + (h.drag.each ? ` ${h.item + 1} of ${h.mark.items}, Page Down for the next` : "")));
    grip.onkeydown = (e) => keyOnHandle(this, e, h);
    // A finger on the grip drags it; elsewhere on the canvas it scrolls the page.
    this.taken(grip);
    if (h.mark.handle === h) h.refused = refusalPlace(this.hold, "div", "refused beside");
  }
  // An element that hears what the pointer does on it.
  taken(e) {
    e.onpointermove = (ev) => move(this, ev);
    e.onpointerdown = (ev) => down(this, ev);
    e.onpointerup = (ev) => up(this, ev);
    e.onpointercancel = (ev) => up(this, ev, true);
    return e;
  }
  buildBar(bar) {
    this.playButton = element("button", "play", bar, { type: "button" });
    this.playButton.onclick = () => this.toggle();
    this.track = element("div", "track", bar);
    this.track.tabIndex = 0;
    this.track.setAttribute("role", "slider");
    this.track.setAttribute("aria-label", this.scene.clock ?? "step");
    this.trackCanvas = element("canvas", "", this.track);
    this.trackContext = this.trackCanvas.getContext("2d");
    buildTrack(this);
    if (this.source?.live && Object.values(this.knobs).some((k) => k.goes && !k.aside)) {
      this.modeButton = element("button", "mode", bar, { type: "button" });
      this.modeButton.title = "Whether a turned knob goes on from the step that is shown, or from the start";
      this.modeButton.onclick = () => this.setMode(!this.over);
      this.setMode(this.over);
    }
    if (this.source?.undo) buildUndo(this, bar);
    if (this.scene.predict) {
      this.askButton = element("button", "ask", bar, { type: "button", textContent: "?", title: "Predict, from the start" });
      this.askButton.setAttribute("aria-label", "predict, from the start");
      this.askButton.onclick = () => askAnew(this);
    }
    this.paceButton = element("button", "pace", bar, { type: "button" });
    this.paceButton.setAttribute("aria-label", "speed");
    this.paceButton.onclick = () => {
      this.clock.speed = SPEEDS[(SPEEDS.indexOf(this.clock.speed) + 1) % SPEEDS.length];
      this.changed();
    };
  }
  setMode(over) {
    this.over = over;
    this.modeButton.textContent = over ? "start over" : "go on";
  }
  setTheme() {
    const mode = themeOf();
    if (this.palette?.mode === mode) return;
    this.palette = new Palette(mode);
    for (const name of ["paper", "ink", "muted", "faint", "stable", "unstable", "chip", "bad"]) {
      this.root.style.setProperty("--" + name, this.palette.role(name === "chip" ? "paper" : name));
    }
    this.changed();
  }

  // ---- what the stage listens to
  watch() {
    const stop = (this.stops = []);
    const observe = (o, ...a) => {
      o.observe(...a);
      stop.push(() => o.disconnect());
    };
    observe(new ResizeObserver(() => this.resize()), this.root);
    for (const each of [document.body, document.documentElement]) {
      observe(new MutationObserver(() => this.setTheme()), each, { attributes: true });
    }
    const scheme = matchMedia("(prefers-color-scheme: dark)"), follow = () => this.setTheme();
    scheme.addEventListener("change", follow);
    stop.push(() => scheme.removeEventListener("change", follow));
    this.visible = true;
    observe(new IntersectionObserver(([e]) => {
      this.visible = e.isIntersecting;
      this.wake();
    }), this.root);
    observe(new IntersectionObserver((entries) => {
      this.inView = entries.at(-1).intersectionRatio >= LOOKED_AT;
      bide(this);
    }, { threshold: LOOKED_AT }), this.askBox);
    const c = this.taken(this.canvas);
    c.onpointerleave = () => {
      if (this.grabbed) return;
      this.peek = this.hover = this.hot = null;
      this.changed();
    };
    this.root.addEventListener("keydown", (e) => key(this, e));
  }
  resize() {
    const w = this.root.clientWidth - 8, L = this.scene.layout;
    if (w <= 0) return;
    const narrow = w < (L.breakpoint ?? 720), plan = narrow ? (L.narrow ?? L.wide) : L.wide;
    const h = plan.height ?? clamp(w * (plan.aspect ?? 0.4), plan.least ?? 420, plan.most ?? 640);
    const ratio = Math.min(this.detail.ratio, window.devicePixelRatio || 1), trackWidth = this.track.clientWidth;
    if (w === this.width && h === this.height && ratio === this.ratio && trackWidth === this.trackWidth) return;
    Object.assign(this, { width: w, height: h, ratio, narrow, trackWidth, trackKey: null });
    for (const [c, cw, ch] of [[this.canvas, w, h], [this.trackCanvas, trackWidth, 40]]) {
      c.width = Math.round(cw * ratio);
      c.height = Math.round(ch * ratio);
    }
    this.canvas.style.height = h + "px";
    if (this.sentence) this.sentence.style.minHeight = "";
    placeViews(this, plan);
    placeAims(this);
    const told = this.views.find((v) => v.beats && !v.hiddenNow);
    if (told) {
      const wide = Math.min(430, told.outer.x2 - told.outer.x - 34);
      Object.assign(this.beatBox.style, { left: told.outer.x + 16 + "px", top: told.outer.y + 46 + "px", width: wide + "px" });
    }
    this.changed();
    this.frame(performance.now()); // at once, so that no blank picture is seen
  }

  // ---- playing
  play() {
    if (this.guess?.asking) decided(this);
    this.peek = this.hover = this.stood = null;
    this.halted = false;
    if (this.clock.t >= this.store.last && (!this.open || this.store.lost <= this.store.last)) this.clock.t = 0;
    this.clock.playing = true;
    this.changed();
  }
  pause() {
    this.halted = true;
    if (this.clock.playing) {
      this.clock.playing = false;
      this.clock.t = Math.round(this.clock.t);
      this.tell(true);
    }
    this.changed();
  }
  toggle() {
    if (this.clock.playing) this.pause();
    else this.play();
  }
  seek(t) {
    if (this.guess?.asking) decided(this);
    this.stood = null;
    this.clock.t = clamp(Math.round(t), 0, Math.max(0, this.store.last));
    this.clock.playing = false;
    this.changed();
    this.tell();
  }
  span() {
    return Math.max(this.scene.length ?? 0, this.store.rows - 1, 1);
  }
  changed() {
    this.wake();
  }
  wake() {
    if (this.raf || this.visible === false || this.gone) return;
    this.raf = requestAnimationFrame((now) => {
      this.raf = 0;
      this.frame(now);
    });
  }

  // ---- steering: a knob is turned; the host answers with rows from some row on
  turnAll(knobs, phase, over = null) {
    const names = Object.keys(knobs), all = (fact) => names.every((name) => this.knobs[name][fact]);
    for (const name of names) this.setKnob(name, knobs[name]);
    this.changed();
    if (!this.source || !names.length) return;
    // What only stands beside the run is answered at its end, and no row is made again.
    this.aside = all("aside");
    const anew = !this.aside && ((over ?? this.over) || !all("goes"));
    // A run that follows the hand is seen at the step that is shown, others from their start.
    this.stays = anew && !over && all("follows");
    if (anew && phase === "move" && this.source.live && !this.stays) return;
    // A run that was seen to its end has no step ahead: it is seen again, and turned at its start.
    const seen = !this.open && this.clock.t >= this.store.last;
    if (seen && !this.aside && !anew && !this.calm) this.clock.t = 0;
    const at = this.aside ? Number.MAX_SAFE_INTEGER : anew ? 0 : seen ? 1 : this.ahead();
    const told = Object.fromEntries(names.map((name) => [name, this.knobs[name].value]));
    const shown = this.stays ? { shown: Math.round(this.stood ?? this.clock.t) } : {};
    this.source.steer({ knobs: told, at, phase, over: anew, ...shown }, this);
    if (phase === "end") this.tell(true);
  }
  setKnob(name, value) {
    const k = this.knobs[name];
    if (typeof value === "number" && !k.choices) {
      value = clamp(value, ...(k.ends ?? [k.low, k.high]));
      if (k.whole) value = Math.round(value);
      if (k.stops) value = k.stops.reduce((a, b) => (Math.abs(b - value) < Math.abs(a - value) ? b : a));
    }
    Object.assign(k, { value, touched: true, turnedAt: performance.now() });
    // A moment later it stands where it stood at the step that is shown, also while nothing moves.
    clearTimeout(this.recalling);
    this.recalling = setTimeout(() => this.wake(), HELD + 50);
    withdrawn(this, name);
  }
  // The row from which on an answer will be seen: a little ahead of what is shown.
  ahead() {
    const soon = this.clock.playing ? 0.001 * clamp(this.latency ?? 100, 50, 250) * this.clock.rate : 0;
    return Math.min(this.store.rows, Math.ceil(this.clock.t + soon) + 1);
  }
  // Numbers of a field that are edited by hand: shown at once, sent to the host.
  edit(edit, phase) {
    if (edit) {
      this.edited = edit;
      withdrawn(this, edit.field);
    }
    this.source?.edit?.({ ...this.edited, phase }, this);
    if (phase === "end") this.edited = null;
    this.changed();
  }
  // Whether somebody answers when these knobs are turned together, as a drop turns two, or what is
  // edited by hand.
  turns(names) {
    return !!this.source && (!this.source.offers || (names.length > 0 && this.source.offers(names)));
  }
  drop({ drop }, x, y) {
    this.halted = false;
    this.turnAll({ [drop.x.knob]: knobOf(drop.x, x), [drop.y.knob]: knobOf(drop.y, y) }, "end");
  }
  refuse(name, sentence) {
    refuse(this, name, sentence);
  }
  report(words, bad = false) {
    const shown = words || (this.memory ?? "");
    if (this.statusLine.textContent !== shown) this.statusLine.textContent = shown;
    this.statusLine.classList.toggle("bad", bad);
  }
  // What the run of a page takes of memory, where its states lie there too: told where nothing is said.
  remembers(states) {
    this.memory = `${((states + this.store.bytes) / 2 ** 20).toFixed(1)} MB of readings and states`;
  }
  fail(sentence) {
    this.report(sentence, true);
    console.error(sentence);
  }
  // New rows from `at` on. What had been shown beyond is kept once, as what would have been.
  splice(at, count, columns, { steered = false, anew = false, open = this.open } = {}) {
    if (this.aside) steered = false;
    if (steered && !anew && this.store.rows - at > 60) this.ghost = this.store.tail(at);
    this.clock.forget(at);
    if (at < this.store.rows) withdraw(this);
    this.store.splice(at, count, columns);
    if (steered) this.markSteer(anew ? null : at);
    this.open = open;
    const stays = anew && this.stays;
    if (anew) Object.assign(this, { played: stays && this.played, ghost: null, steers: [] });
    const from = this.guess?.asking ? this.guess.at : this.clock.t;
    // Where the rows of a run that follows the hand do not reach yet, the clock waits for them.
    if (stays) this.stood = Math.max(this.stood ?? 0, from);
    else if (anew) this.stood = null;
    this.clock.t = anew && !stays ? 0 : Math.max(0, Math.min(this.stood ?? from, this.store.last));
    if (this.stood <= this.store.last) this.stood = null;
    if (steered && !stays && !this.clock.playing && !this.calm && !this.guess?.asking) this.play();
    else this.changed();
    if (this.aside && !this.grabbed) requestAnimationFrame(() => this.tell(true));
  }
  // One mark on the time bar for one drag.
  markSteer(at) {
    const now = performance.now(), kept = this.steers.filter((s) => s < at);
    if (at != null && (!kept.length || now - (this.steeredAt ?? -1e9) > 700)) kept.push(at);
    Object.assign(this, { steers: kept, steeredAt: now });
  }

  // ---- one frame; an error is told and never ends the loop
  frame(now) {
    const began = performance.now(), dt = clamp((now - (this.then ?? now)) / 1000, 0, 0.1);
    this.then = now;
    if (this.detail.note(now, this.clock.playing)) this.resize();
    let moving = false;
    try {
      if (this.clock.tick(dt, this.open)) this.ended();
      if (askNow(this)) ask(this);
      const swinging = swung(this, dt);
      moving = this.ease(dt) || swinging;
      this.draw();
    } catch (error) {
      if (!this.broken) this.fail(`The picture cannot be drawn here: ${error.message}.`);
      this.broken = true;
    }
    this.costs.push(performance.now() - began);
    this.frames.push(now);
    if (this.frames.length > 1200) for (const list of [this.frames, this.costs]) list.splice(0, 600);
    if (this.moved) {
      this.answered = performance.now() - this.moved;
      this.moved = 0;
    }
    if (this.clock.playing || moving || this.clock.shownRate > 0.5) this.wake();
    else this.then = null;
  }
  ended() {
    this.played = true;
    this.changed();
    this.tell(true);
  }
  // Cameras follow, handles warm under the pointer; true while anything still moves.
  ease(dt) {
    const t = this.peek ?? this.clock.t, snap = this.calm || !this.framed;
    let moving = false;
    for (const v of this.views) {
      for (const axis of [v.x, v.y]) {
        if (!this.grabbed && axis.follow(t, this.store.sane, dt, snap)) moving = true;
      }
    }
    for (const h of this.handles) {
      const focused = document.activeElement === h.grip;
      const want = this.grabbed?.h === h ? 1 : this.hot === h || focused ? 0.6 : 0;
      h.heat = this.calm ? want : mix(h.heat, want, approach(dt, 0.07));
      if (Math.abs(h.heat - want) > 0.01) moving = true;
    }
    this.framed = true;
    return moving;
  }
  // A knob that was turned during the run stands, at each step, where it stood then.
  recall(t) {
    for (const k of Object.values(this.knobs)) {
      if (!k.recorded || this.grabbed || this.inHand.has(k.name) || performance.now() - (k.turnedAt ?? -1e9) < HELD) continue;
      const row = clamp(Math.floor(t), 0, this.store.rows - 1);
      k.value = knobOf(k.recorded, this.store.fields[k.recorded.field].values[row]);
    }
  }
  draw() {
    if (!this.width || this.store.rows < 1) return;
    const { ctx, ratio } = this, t = this.peek ?? this.clock.t;
    this.recall(t);
    for (const v of this.views) if (!v.hiddenNow) drawBack(this, v, t);
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    ctx.clearRect(0, 0, this.width, this.height);
    ctx.textBaseline = "alphabetic";
    for (const v of this.views) if (!v.hiddenNow) this.drawFront(v, t);
    for (const h of this.handles) {
      if (h.view.hiddenNow) continue;
      placeHandle(this, h, t);
      drawHandle(this, h);
      if (h.stands === h.x + "/" + h.y) continue;
      h.stands = h.x + "/" + h.y;
      Object.assign(h.grip.style, { left: h.x + "px", top: h.y + "px" });
    }
    drawSparse(this);
    drawTrack(this, t);
    if (!this.detail.words) return;
    showControls(this);
    speak(this, t);
  }
  drawFront(v, t) {
    const { ctx } = this;
    ctx.save();
    clipTo(ctx, v);
    v.words = [...v.fixedWords];
    for (const m of v.marks) {
      if (m.layer !== "back" && m.layer !== "strata" && shown(this, m)) drawMark(this, v, m, t);
    }
    if (this.guess?.view === v) drawGuess(this, v);
    ctx.restore();
    drawCursor(this, v);
    drawAim(this, v);
  }
  tell(now = false) {
    tell(this, now);
  }
  // The picture as it stands, as a PNG's address.
  picture() {
    const whole = document.createElement("canvas"), g = whole.getContext("2d");
    whole.width = this.canvas.width;
    whole.height = this.canvas.height;
    g.fillStyle = this.palette.role("paper");
    g.fillRect(0, 0, whole.width, whole.height);
    for (const c of this.hold.querySelectorAll("canvas")) {
      const left = c.offsetLeft * this.ratio, top = c.offsetTop * this.ratio;
      g.drawImage(c, left, top, c.offsetWidth * this.ratio, c.offsetHeight * this.ratio);
    }
    return whole.toDataURL("image/png");
  }
  // Frames a second, and milliseconds of script a frame, over the last `seconds`.
  measured(seconds = 3) {
    const end = this.frames[this.frames.length - 1] ?? 0, from = this.frames.findIndex((f) => f > end - 1000 * seconds);
    const f = this.frames.slice(from), c = this.costs.slice(from).sort((a, b) => a - b);
    return {
      fps: (1000 * (f.length - 1)) / (f[f.length - 1] - f[0]), frames: f.length,
      median: c[c.length >> 1], p95: c[Math.floor(c.length * 0.95)],
    };
  }
  destroy() {
    this.gone = true;
    if (this.guess) decided(this);
    cancelAnimationFrame(this.raf);
    this.stops.forEach((stop) => stop());
    this.root.remove();
  }
}
