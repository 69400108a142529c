// What a page's link holds of its run: the knobs that it began with, and those turned on the way.
//   #sigma=1.9&rule=gd&turns=sigma*40*1.5*80*2*momentum*50*0.9
// Of `turns` each name is followed by pairs: after which reading it was turned, and to what.

// A link is not to be longer: some programs cut an address of more letters.
const MOST_LETTERS = 1500, MOST_READING = 1e6;

// What stands before the names of a run's knobs in a link, where a page has several: its own name.
const prefixOf = ({ shared }) => (typeof shared === "string" ? `${shared}.` : "");

// Whether a page has the program for knobs that stand so.
export const shipped = (variants, values) => variants.some(({ choices }) => Object.entries(choices).every(([name, value]) => values[name] === value));

// The knobs that a link asks for, as far as the scene turns them and has the value.
export function wished({ scene, trains }, hash = location.hash) {
  const wanted = {}, { settings, variants } = trains;
  const take = (name, value) => { if (shipped(variants, { ...settings, ...wanted, [name]: value })) wanted[name] = value; };
  for (const [key, text] of new URLSearchParams(hash.slice(1))) {
    const name = key.startsWith(prefixOf(trains)) ? key.slice(prefixOf(trains).length) : "";
    const knob = scene.knobs?.[name];
    if (!knob) continue;
    if (knob.choices) {
      const choice = knob.choices.find((each) => String(each) === text);
      if (choice !== undefined) take(name, choice);
    } else if (text.trim() && Number.isFinite(+text)) {
      const [low, high] = endsIn(knob);
      take(name, Math.min(Math.max(knob.whole ? Math.round(+text) : +text, low), high));
    }
  }
  return wanted;
}
const endsIn = (knob) => knob.ends ?? [knob.low, knob.high];

// The turns on the way that a link asks for, [{at, knobs}] by their readings; none of them, and a
// sentence, where one cannot be.
export function wishedTurns({ scene, trains }, link = location.hash) {
  const text = new URLSearchParams(link.slice(1)).get(`${prefixOf(trains)}turns`) ?? "";
  try {
    return { turns: text ? turnsOf(text, scene.knobs ?? {}) : [], refused: "" };
  } catch (error) {
    return { turns: [], refused: `The turns that the link holds are left out: ${error.message}.` };
  }
}
function turnsOf(text, knobs) {
  if (text.length > MOST_LETTERS) throw new Error(`they are more than ${MOST_LETTERS} letters`);
  const turns = new Map(), parts = text.split("*");
  let name = null;
  for (let k = 0; k < parts.length; k += 1) {
    if (/^[a-z_]/i.test(parts[k])) {
      name = parts[k];
      if (!Object.hasOwn(knobs, name) || !turnable(knobs[name])) throw new Error(`${name.slice(0, 40)} is no knob that is turned during this run`);
      continue;
    }
    const [reading, value] = [parts[k], parts[(k += 1)] ?? ""], at = Number(reading);
    if (!/^\d+$/.test(reading) || at < 1 || at > MOST_READING) throw new Error(`a reading is a whole number from 1 to ${MOST_READING}, and not ${reading.slice(0, 20) || "nothing"}`);
    if (!name) throw new Error("they begin with no knob's name");
    const [low, high] = endsIn(knobs[name]), number = Number(value);
    if (!value.trim() || !(number >= low && number <= high) || (knobs[name].whole && !Number.isInteger(number))) {
      throw new Error(`${name} goes from ${low} to ${high}${knobs[name].whole ? " in whole numbers" : ""}, and not to ${value.slice(0, 20) || "nothing"}`);
    }
    turns.set(at, { ...turns.get(at), [name]: number });
  }
  return [...turns].sort(([a], [b]) => a - b).map(([at, knobs]) => ({ at, knobs }));
}
const turnable = (knob) => knob.goes && !knob.choices && typeof knob.value === "number";
const short = (value) => (typeof value === "number" ? +value.toPrecision(6) : value);

// The same as a link's text, knob by knob.
function turnsSaid(turns) {
  const names = [...new Set(turns.flatMap(({ knobs }) => Object.keys(knobs)))];
  return names.map((name) => [name, ...turns.filter(({ knobs }) => name in knobs).map(({ at, knobs }) => `${at}*${short(knobs[name])}`)].join("*")).join("*");
}

// What a link holds: names with a value, and no place of the page, such as #main.
const inLink = () => [...new URLSearchParams(location.hash.slice(1))].filter(([, value]) => value);
let linked = null;

// Keeps in the page's address what a run began with, as far as that was turned, and what was turned
// on its way; returns a sentence where that is too much for a link, which then holds the beginning.
function noted({ scene, trains }, { first, turns }) {
  linked ??= new URLSearchParams(inLink());
  const prefix = prefixOf(trains), said = turnsSaid(turns), fits = said.length <= MOST_LETTERS;
  for (const [name, value] of Object.entries(first)) {
    if (scene.knobs?.[name] && (linked.has(prefix + name) || value !== trains.settings[name])) linked.set(prefix + name, short(value));
  }
  linked.delete(`${prefix}turns`);
  if (said && fits) linked.set(`${prefix}turns`, said);
  if (location.hash !== `#${linked}` && (String(linked) || inLink().length)) history.replaceState(null, "", `#${linked}`);
  return fits ? "" : "This run was turned more often than a link can hold: the page's link begins it, and leaves its turns out.";
}

// Writes the link of a page's run where it is shared: once a hand has let go of what it turned, as
// the worker says the run then came about.
export class Noting {
  constructor(packed, said) {
    Object.assign(this, { packed, said, due: false, run: null });
  }
  turned(phase) {
    this.due = phase === "end";
    this.write();
  }
  // A message of the worker, of which some say how the run came about: {first, turns}.
  ran(message) {
    if (!message.first) return;
    this.run = message;
    this.write();
  }
  write() {
    if (!this.due || !this.run || !this.packed.trains.shared) return;
    const words = noted(this.packed, this.run);
    if (words && words !== this.words) this.said(words);
    this.words = words;
  }
}

// Another link of the same page begins with its knobs; a place of the page is gone to.
export function follows() {
  addEventListener("hashchange", () => { if (inLink().length) location.reload(); });
}
