// Choosing an item of a view by hand: by a click or by keys, with a kernel or without.
import { channel } from "./channel.js";
import { clamp } from "./maths.js";
import { element } from "./style.js";
import { plain, say } from "./text.js";

// The item that stands nearest to a place along x.
export function nearestItem(c, x) {
  let best = null, least = Infinity;
  for (let k = 0; k < c.size; k++) {
    const off = Math.abs(c.get(0, k) - x);
    if (off < least) [best, least] = [k, off];
  }
  return best;
}

// A slider over the view, for keys and for those who cannot see it.
export function buildChoices(S) {
  for (const v of S.views.filter((each) => each.choose)) {
    const c = (v.choice = channel(S, v.choose.x)), e = (v.aim = element("div", "aim", S.hold));
    v.saysOf = v.choose.says.map((part) => (typeof part === "string" ? part : { ...part, c: channel(S, part) }));
    const facts = { label: plain(v.choose.label), valuemin: 0, valuemax: c.size - 1, valuenow: 0, valuetext: "none" };
    for (const [name, value] of Object.entries(facts)) e.setAttribute(`aria-${name}`, String(value));
    e.tabIndex = 0;
    e.setAttribute("role", "slider");
    e.onkeydown = (ev) => {
      const way = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1 }[ev.key], now = S.chosen[v.id];
      if (!way && !(ev.key === "Escape" && now != null)) return;
      ev.preventDefault();
      ev.stopPropagation();
      if (!way) chooseItem(S, v, null);
      else chooseItem(S, v, now == null ? (way > 0 ? 0 : c.size - 1) : clamp(now + way, 0, c.size - 1));
    };
  }
}

// Takes an item; the same one again is given up.
export function chooseItem(S, v, item, toggles = false) {
  S.chosen[v.id] = toggles && S.chosen[v.id] === item ? null : item;
  S.tell(true);
  S.changed();
}

// What is said of the chosen item at a row, or nothing.
export function saidOfChoice(S, v, row) {
  const item = S.chosen[v.id];
  if (item == null) return "";
  const name = v.choose.names?.[item] ?? say(v.choice.get(0, item));
  return v.saysOf.map((part) => (typeof part === "string" ? part.replace("{name}", name) : say(part.c.get(row), part.digits))).join("");
}

// Tells of all choices at a row.
export function tellChoices(S, row) {
  const views = S.views.filter((v) => v.choice);
  return views.map((v) => {
    const said = saidOfChoice(S, v, row);
    v.aim.setAttribute("aria-valuenow", String(S.chosen[v.id] ?? 0));
    v.aim.setAttribute("aria-valuetext", said ? plain(said) : "none");
    return said ? plain(said) + ". " : "";
  }).join("");
}
