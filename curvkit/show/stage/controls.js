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
  const names = S.source ? (S.scene.controls ?? []) : [];
  if (names.length) {
    const row = element("div", "controls", S.root);
    for (const name of names) S.controls[name] = control(S, row, S.knobs[name]);
  }
  if (S.scene.tries?.length && S.source) {
    const row = element("div", "tries", S.root, { textContent: "Try: " });
    for (const each of S.scene.tries) {
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
  const input = element("input", "", box, { type: "range", min: 0, max: FINE, step: 1 });
  input.setAttribute("aria-label", plain(knob.label));
  const turned = (phase) => S.turnAll({ [knob.name]: valueAt(knob, input.value / FINE) }, phase);
  input.oninput = () => turned("move");
  input.onchange = () => turned("end");
  // A double click on an end widens the range to the whole of the knob, and back.
  input.ondblclick = (e) => {
    const b = input.getBoundingClientRect(), p = (e.clientX - b.left) / b.width;
    if (!knob.ends || (p > 0.15 && p < 0.85)) return;
    knob.useful ??= [knob.low, knob.high];
    const wide = knob.low === knob.ends[0] && knob.high === knob.ends[1];
    [knob.low, knob.high] = wide ? knob.useful : knob.ends;
    knob.value = clamp(knob.value, knob.low, knob.high);
    S.changed();
  };
  return (output) => {
    const at = String(Math.round(FINE * clamp(shareOf(knob, knob.value)))), words = say(knob.value, knob.whole ? 0 : undefined);
    if (input !== document.activeElement || Math.abs(input.value - at) > 1) input.value = at;
    if (output.textContent !== words) {
      output.textContent = words;
      input.setAttribute("aria-valuetext", words);
    }
  };
}

const NOT_HERE = "needs a notebook";
// Whether a page that trains holds the program of a choice; a notebook has them all.
const offered = (knob, value) => !knob.offered || knob.offered.includes(value);

function choices(S, box, knob) {
  const row = element("div", "choices", box);
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", plain(knob.label));
  const buttons = knob.choices.map((each) => {
    const b = element("button", "", row, { type: "button", textContent: String(each).replaceAll("_", " ") });
    b.onclick = () => S.turnAll({ [knob.name]: each }, "end");
    b.disabled = !offered(knob, each);
    if (b.disabled) b.title = NOT_HERE;
    return [each, b];
  });
  // In words as well, since a finger sees no title.
  if (buttons.some(([, b]) => b.disabled)) element("span", "lacking", row, { textContent: `grey: ${NOT_HERE}` });
  return () => {
    for (const [each, b] of buttons) b.setAttribute("aria-pressed", String(knob.value === each));
  };
}

function list(S, box, knob) {
  const input = element("select", "", box);
  input.setAttribute("aria-label", plain(knob.label));
  for (const each of knob.choices) {
    const disabled = !offered(knob, each), words = String(each).replaceAll("_", " ");
    element("option", "", input, { value: each, textContent: disabled ? `${words}: ${NOT_HERE}` : words, disabled });
  }
  input.onchange = () => S.turnAll({ [knob.name]: input.value }, "end");
  return () => {
    if (input.value !== knob.value) input.value = knob.value;
  };
}

export function showControls(S) {
  for (const each of Object.values(S.controls)) each.show();
  // What is tried already is seen to be so: to press it changes nothing, but plays again.
  for (const [{ knobs = {}, at }, b] of S.tries) {
    const turned = Object.entries(knobs), held = at == null && turned.length > 0;
    b.setAttribute("aria-pressed", String(held && turned.every(([name, value]) => S.knobs[name]?.value === value)));
  }
}
