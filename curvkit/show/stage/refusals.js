// Refusals: a sentence beside the knob that was refused, withdrawn when the knob is turned again.
import { clamp } from "./maths.js";
import { element } from "./style.js";

const WIDE = 260;

// A place for the sentence, empty as yet: a reader is told of what comes into it.
export function refusalPlace(parent, tag = "div", name = "refused") {
  const e = element(tag, name, parent);
  e.setAttribute("role", "alert");
  return e;
}

// The place beside a knob's slider or choices, beside its number in the sentence, or beside the
// handle that turns it or edits the field of this name; none where it has nothing of these. A panel
// of figures has neither numbers nor handles.
function placeOfRefusal(S, name) {
  const number = S.numbers?.find((n) => n.refused && n.part.knob === name);
  return S.controls[name]?.refused ?? number?.refused ?? handleOf(S, name)?.mark.handle.refused;
}

function handleOf(S, name) {
  const turns = (h) => [h.drag.each, h.drag.up, h.edge?.knob, ...Object.values(h.axes).map((a) => a.knob)].includes(name);
  const h = S.handles?.find((each) => turns(each) && !each.view.hiddenNow);
  // Of many dots of a mark it is the one that a hand held last.
  return h && S.held?.mark === h.mark ? S.held : h;
}

export function refuse(S, name, sentence) {
  const place = placeOfRefusal(S, name);
  if (!place) return S.report(sentence, true);
  place.textContent = sentence;
  const h = handleOf(S, name);
  if (h?.mark.handle.refused === place) beside(S, h, place);
}

export function withdrawn(S, name) {
  const place = placeOfRefusal(S, name);
  if (place?.textContent) place.textContent = "";
}

// Below the handle, or above it where there is no room.
function beside(S, { x, y, view: { box } }, place) {
  const wide = Math.min(WIDE, S.width - 8), below = y + 18 + place.offsetHeight < S.height - 4;
  Object.assign(place.style, {
    maxWidth: wide + "px", left: clamp(clamp(x - wide / 2, box.x, box.x + box.w - wide), 4, S.width - wide - 4) + "px",
    top: below ? y + 18 + "px" : "auto", bottom: below ? "auto" : S.height - y + 18 + "px",
  });
}
