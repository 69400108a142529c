// Words: the sentence whose numbers can be dragged, what is said of the moment, and what is read out.
import { between, channel } from "./channel.js";
import { tellChoices } from "./choose.js";
import { alternates, blurOf, bothRows } from "./halves.js";
import { clamp } from "./maths.js";
import { bide, choose, goOn, holds, readOut, verdict } from "./predict.js";
import { refusalPlace } from "./refusals.js";
import { ICONS, element } from "./style.js";
import { pieces, plain, say } from "./text.js";

export const rich = (words) =>
  pieces(words).map(([s, math]) =>
    math ? mathematics(s) : document.createTextNode(s));

// A letter, with what stands below it: σ_w.
function mathematics(s) {
  const e = document.createElement("i"), [letter, ...below] = s.split("_");
  e.append(letter);
  if (below.length) element("sub", "", e, { textContent: below.join("_") });
  return e;
}

// What a text begins with, and the word, or the letter and sign, that go on one line with the number
// after it; no line begins with a comma.
export function lettered(text) {
  const from = /\s$/.test(text) ? text.trimEnd().lastIndexOf(" ") + 1 : text.length;
  const at = from || /^[\w*]/.test(text) ? from : text.length;
  return [text.slice(0, at), text.slice(at)];
}

// The sentence above the picture; a number in it that names the time or a knob is a scrubber.
export function buildSentence(S) {
  S.numbers = [];
  if (!S.scene.sentence) return;
  const p = (S.sentence = element("p", "", S.root));
  let place = p;
  for (const part of S.scene.sentence) {
    if (typeof part === "string") {
      const [before, last] = lettered(part.replaceAll(" = ", "\u00a0=\u00a0"));
      p.append(...rich(before));
      place = last ? element("span", "together", p) : p;
      if (last) place.append(...rich(last));
      continue;
    }
    const turns = part.time || (part.knob && S.turns([part.knob])), e = element(turns ? "span" : "b", turns ? "turn" : "", place);
    const c = part.time ? channel(S, S.scene.time) : channel(S, part);
    if (part.width) e.style.minWidth = part.width + "ch";
    if (turns) scrubber(S, e, part);
    S.numbers.push({ e, c, part, refused: turns && part.knob ? refusalPlace(p, "span") : null });
  }
}

// Drag it sideways, or turn it with the arrow keys.
function scrubber(S, e, part) {
  const knob = S.knobs[part.knob], sign = (part.power ?? 1) < 0 ? -1 : 1;
  e.tabIndex = 0;
  e.setAttribute("role", "slider");
  e.setAttribute("aria-label", plain(part.time ? (S.scene.clock ?? "step") : (part.label ?? knob.label)));
  let from = null;
  const turned = (v, by) => (knob.linear ? v + sign * by * 0.3 * (knob.high - knob.low) : v * Math.exp(sign * by));
  e.onpointerdown = (ev) => {
    e.setPointerCapture(ev.pointerId);
    from = { x: ev.clientX, t: S.clock.t, v: knob?.value };
    if (knob) S.inHand.add(knob.name);
    e.classList.add("on");
    ev.preventDefault();
    e.focus();
  };
  e.onpointermove = (ev) => {
    if (!from) return;
    const d = ev.clientX - from.x;
    if (part.time) S.seek(from.t + d);
    else S.turnAll({ [part.knob]: turned(from.v, d * 0.006) }, "move");
  };
  e.onpointerup = e.onpointercancel = () => {
    if (from && part.knob) S.turnAll({ [part.knob]: knob.value }, "end");
    if (knob) S.inHand.delete(knob.name);
    from = null;
    e.classList.remove("on");
  };
  e.onkeydown = (ev) => {
    const way = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[ev.key];
    if (!way) return;
    ev.preventDefault();
    ev.stopPropagation();
    const big = ev.shiftKey;
    if (part.time) S.seek(Math.round(S.clock.t) + way * (big ? 10 : 1));
    else S.turnAll({ [part.knob]: turned(knob.value, way * (big ? 0.1 : 0.02)) }, "end");
  };
}

// The numbers in the sentence, the buttons' faces, and what is said of the moment.
export function speak(S, t) {
  for (const n of S.numbers) {
    const at = n.part.time || n.part.whole ? Math.round(t) : t, two = bothOf(S, n, t);
    const words = two ?? say(n.part.time ? n.c.get(at) : between(n.c, at, 0, S.store.last), n.part.digits);
    if (n.words === words) continue;
    n.words = n.e.textContent = words;
    // Where two numbers take one more line, the picture goes down once, and not to and fro.
    if (two && !n.two) S.sentence.style.minHeight = `${S.sentence.offsetHeight}px`;
    n.two = two;
    if (!n.e.className) continue;
    n.e.setAttribute("aria-valuenow", String(n.part.time ? Math.round(t) : +n.c.get(0).toPrecision(4)));
    n.e.setAttribute("aria-valuetext", words);
  }
  faces(S, t);
  const asking = !!S.guess?.asking, said = asking ? "" : momentOf(S, t);
  if (asking !== S.asked) (asking ? offer : fold)(S);
  if (said === S.said || (S.then - (S.saidAt ?? -1e9) < 700 && S.clock.playing)) return;
  Object.assign(S, { said, saidAt: S.then });
  S.tell(true);
  S.beatBox.style.opacity = 0;
  setTimeout(() => {
    S.beatBox.replaceChildren(...rich(S.said));
    S.beatBox.style.opacity = 1;
  }, S.calm ? 0 : 180);
}

// What goes to and fro by more than a fiftieth, faster than it can be read: its even and its odd number.
function bothOf(S, n, t) {
  const row = Math.min(Math.floor(t), S.store.last);
  if (n.part.time || n.part.knob || !n.c.time || blurOf(S) < 0.5) return null;
  if (!alternates(n.c, row, 0, (value) => value, 0.02 * Math.abs(n.c.get(row)))) return null;
  return bothRows(row).map((each) => say(n.c.get(each), n.part.digits)).join(" or ");
}

// The question, in a row of its own that covers nothing, with its buttons. By itself it is there at
// once; where someone wants to be asked it unfolds.
function offer(S) {
  S.asked = true;
  S.askBox.replaceChildren();
  const whole = element("div", "whole", S.askBox);
  element("span", "", whole).append(...rich(S.scene.predict.ask));
  const row = element("div", "answers", whole);
  (S.scene.predict.choices ?? []).forEach((each, i) => {
    const b = element("button", "", row, { type: "button", title: `or press ${i + 1}` });
    b.append(...rich(each.say));
    b.onclick = () => choose(S, i);
  });
  const skip = element("button", "skip", row, { type: "button", textContent: "skip", title: "or press Escape" });
  skip.onclick = () => goOn(S);
  if (S.pad) S.pad.hidden = false;
  S.askBox.classList.toggle("calmly", !!S.guess.wanted);
  if (S.guess.wanted) {
    row.firstChild.focus({ preventScroll: true });
    S.askBox.scrollIntoView({ block: "nearest", behavior: S.calm ? "auto" : "smooth" });
  }
  S.guess.wanted = false;
  bide(S);
}

// Its place closes over some frames, so that what is below does not jump.
function fold(S) {
  if (S.asked) {
    S.askBox.style.height = `${S.askBox.offsetHeight}px`;
    S.askBox.replaceChildren();
    void S.askBox.offsetHeight; // laid out as high as it was, or it would close at once
    S.askBox.classList.add("calmly");
    S.askBox.style.height = "";
    if (S.pad) S.pad.hidden = true;
  }
  S.asked = false;
}

function faces(S, t) {
  const done = !S.clock.playing && S.clock.t >= S.store.last && !S.open;
  const face = S.clock.playing ? "pause" : done ? "again" : "play";
  if (S.face !== face) {
    S.face = face;
    S.playButton.innerHTML = ICONS[face];
    S.playButton.setAttribute("aria-label", face === "again" ? "play again" : face);
  }
  const slow = S.clock.playing && S.clock.slow < 0.25;
  const pace = slow ? "slow motion" : `speed ${S.clock.speed === 0.25 ? "¼" : S.clock.speed}×`;
  if (S.paced !== pace) {
    S.paced = S.paceButton.textContent = pace;
    S.paceButton.classList.toggle("slow", slow);
  }
}

// The first that holds: a run that is lost, the prediction, a beat.
export function momentOf(S, t) {
  const told = verdict(S, t);
  if (t >= S.store.lost && !S.guess?.asking) {
    return [told, S.scene.lost?.say ?? "Here the run is lost: its numbers have no end. Go back."].join(" ").trim();
  }
  if (told) return told;
  const row = Math.round(t), last = S.store.rows - 1;
  const beat = (S.scene.beats ?? []).find((b) => {
    const at = (ago) => holds(S.store, b.when, clamp(row - ago + (b.lead ?? 0), 0, last));
    return b.alternating ? row > 2 && [0, 1, 2].every((ago) => at(ago) !== at(ago + 1)) : at(0);
  });
  return beat?.say ?? "";
}

// Tells the picture's state to whoever cannot see it; at most every one and a half seconds by itself.
export function tell(S, now = false) {
  const t = S.clock.t, time = performance.now();
  const label = `${S.scene.clock ?? "step"} ${say(channel(S, S.scene.time).get(Math.round(t)))}`;
  const facts = { valuenow: Math.round(t), valuemin: 0, valuemax: Math.max(0, S.store.rows - 1), valuetext: label };
  for (const [name, value] of Object.entries(facts)) S.track.setAttribute(`aria-${name}`, String(value));
  if (!now && time - (S.toldAt ?? -1e9) < 1500) return;
  S.toldAt = time;
  const numbers = S.numbers.filter((n) => n.part.says).map((n) => `${n.part.says} ${n.words}`).join(", ");
  const chosen = tellChoices(S, Math.round(t));
  S.live.textContent = `${label}. ${numbers ? numbers + ". " : ""}${chosen}${plain(momentOf(S, t))}${readOut(S)}`;
  S.canvas.setAttribute("aria-label", plain(`${S.scene.alt ?? S.scene.title}. ${S.live.textContent}`));
}
