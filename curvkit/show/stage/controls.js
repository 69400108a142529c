// Knobs beside the picture: wide sliders, choices and switches; what is refused is said beside them.
import { clamp } from "./maths.js";
import { refusalPlace } from "./refusals.js";
import { shareOf, valueAt } from "./slide.js";
import { element } from "./style.js";
import { plain, say } from "./text.js";
import { rich } from "./words.js";

const FINE = 1000;
// More choices than these would be a wall of buttons: they are a list to open.
const MOST_BUTTONS = 8;

export function buildControls(S) {
  S.controls = {};
  S.tries = [];
  const names = (S.scene.controls ?? []).filter((name) => S.turns([name]));
  if (names.length) {
    const row = element("div", "controls", S.root);
    for (const name of names) S.controls[name] = control(S, row, S.knobs[name]);
  }
  // Of continuations computed beforehand there are some values alone.
  const there = ([name, value]) => S.knobs[name]?.stops?.includes(value) ?? true;
  const tries = (S.scene.tries ?? []).filter(({ knobs = {} }) => S.turns(Object.keys(knobs)) && Object.entries(knobs).every(there));
  if (tries.length) {
    const row = element("div", "tries", S.root, { textContent: "Try: " });
    for (const each of tries) {
      const b = element("button", "", row, { type: "button" });
      b.append(...rich(each.say));
      S.tries.push([each, b]);
      b.onclick = () => tried(S, each);
      b.disabled = Object.entries(each.knobs ?? {}).some(([name, value]) => S.knobs[name] && !offered(S.knobs[name], value));
      if (b.disabled) b.title = NOT_HERE;
    }
  }
}

// Goes to where the try begins, turns its knobs and plays.
function tried(S, each) {
  if (each.at != null && each.at <= S.store.last) S.seek(each.at);
  S.turnAll(each.knobs ?? {}, "end", each.over);
  S.play();
}

function control(S, row, knob) {
  const box = element("div", "control", row), label = element("label", "", box);
  label.append(...rich(knob.label));
  const value = element("output", "", box);
  const offer = knob.choices?.length > MOST_BUTTONS ? list : choices;
  const made = knob.choices ? offer(S, box, knob) : slider(S, box, knob, value);
  const refused = refusalPlace(box);
  box.title = plain(knob.sentence ?? "");
  return { box, refused, show: () => made(value) };
}

function slider(S, box, knob, value) {
  const slide = element("div", "slide", box), low = element("button", "end", slide, { type: "button" });
  const input = element("input", "", slide, { type: "range", min: 0, max: FINE, step: 1 });
  const high = element("button", "end", slide, { type: "button" });
  input.setAttribute("aria-label", plain(knob.label));
  const turned = (phase) => S.turnAll({ [knob.name]: valueAt(knob, input.value / FINE) }, phase);
  input.oninput = () => turned("move");
  input.onchange = () => turned("end");
  // As long as a hand holds it, it stands where the hand is, however long that rests.
  input.onpointerdown = () => S.inHand?.add(knob.name);
  input.onpointerup = input.onpointercancel = () => S.inHand?.delete(knob.name);
  // A double click on an end widens the range to the whole of the knob, and back; so does Enter.
  for (const end of [low, high]) {
    end.ondblclick = () => widenRange(S, knob);
    // What a handler of this kind returns must not be false, or no key would lead on from here.
    end.onkeydown = (e) => { if (e.key === "Enter") widenRange(S, knob); };
  }
  return (output) => {
    const at = String(Math.round(FINE * clamp(shareOf(knob, knob.value)))), words = say(knob.value, knob.whole ? 0 : undefined);
    if (input !== document.activeElement || Math.abs(input.value - at) > 1) input.value = at;
    showEnds(knob, [low, high]);
    if (output.textContent !== words) {
      output.textContent = words;
      input.setAttribute("aria-valuetext", words);
    }
  };
}

const isWhole = ({ low, high, ends }) => !ends || (low === ends[0] && high === ends[1]);

function widenRange(S, knob) {
  if (!knob.ends) return;
  const whole = isWhole(knob), [low, high] = (knob.useful ??= [knob.low, knob.high]);
  // A value beyond what is useful stays in sight: nobody has turned the knob.
  if (whole && (knob.value < low || knob.value > high)) return;
  [knob.low, knob.high] = whole ? knob.useful : knob.ends;
  S.changed();
}

function showEnds(knob, buttons) {
  const title = isWhole(knob) ? "the end of the range" : "double click: the whole range";
  [knob.low, knob.high].forEach((v, k) => {
    const words = say(v, knob.whole ? 0 : undefined);
    if (buttons[k].textContent === words && buttons[k].title === title) return;
    Object.assign(buttons[k], { textContent: words, title });
  });
}

const NOT_HERE = "needs a notebook";
const said = (choice) => (typeof choice === "boolean" ? (choice ? "on" : "off") : String(choice).replaceAll("_", " "));
// Whether a page that trains holds the program of a choice; a notebook has them all.
const offered = (knob, value) => !knob.offered || knob.offered.includes(value);

function choices(S, box, knob) {
  const row = element("div", "choices", box);
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", plain(knob.label));
  const buttons = knob.choices.map((each) => {
    const b = element("button", "", row, { type: "button", textContent: said(each) });
    b.onclick = () => S.turnAll({ [knob.name]: each }, "end");
    return [each, b];
  });
  // In words as well, since a finger sees no title.
  const lacking = element("span", "lacking", row, { textContent: `grey: ${NOT_HERE}` });
  let shown = null;
  return () => {
    for (const [each, b] of buttons) b.setAttribute("aria-pressed", String(knob.value === each));
    const now = knob.offered ?? knob.choices;
    if (now === shown) return;
    shown = now;
    for (const [each, b] of buttons) [b.disabled, b.title] = offered(knob, each) ? [false, ""] : [true, NOT_HERE];
    lacking.hidden = buttons.every(([, b]) => !b.disabled);
  };
}

function list(S, box, knob) {
  const input = element("select", "", box);
  input.setAttribute("aria-label", plain(knob.label));
  const options = knob.choices.map((each) => [each, element("option", "", input, { value: each })]);
  let shown = null;
  input.onchange = () => S.turnAll({ [knob.name]: input.value }, "end");
  return () => {
    if (input.value !== knob.value) input.value = knob.value;
    const now = knob.offered ?? knob.choices;
    if (now === shown) return;
    shown = now;
    for (const [each, option] of options) {
      const here = offered(knob, each);
      Object.assign(option, { disabled: !here, textContent: here ? said(each) : `${said(each)}: ${NOT_HERE}` });
    }
  };
}

// A knob that is read off a field has its rounding.
const standsAlike = (a, b) => a === b || (typeof a === "number" && Math.abs(a - b) <= 1e-6 * Math.abs(b));

export function showControls(S) {
  for (const each of Object.values(S.controls)) each.show();
  // What is tried already is seen to be so: to press it changes nothing, but plays again.
  for (const [{ knobs = {}, at }, b] of S.tries) {
    const turned = Object.entries(knobs), held = at == null && turned.length > 0;
    b.setAttribute("aria-pressed", String(held && turned.every(([name, value]) => standsAlike(S.knobs[name]?.value, value))));
  }
}
