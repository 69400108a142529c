// The knobs of a panel. What is dragged follows the finger here; the kernel hears of it at the end.
// `stage/slide.js` comes before it in the one module that they are.
const FINE = 1000;
const STYLE = `
.curvkit-knobs{--ink:var(--jp-ui-font-color1,#1b1f24);--muted:var(--jp-ui-font-color2,#5f6670);--line:var(--jp-border-color1,#c9cdd3);--field:var(--jp-layout-color1,#fff);--bad:var(--jp-error-color1,#b3261e);font:14px/1.35 var(--jp-ui-font-family,system-ui,sans-serif);color:var(--ink);padding:6px 10px 2px 2px;box-sizing:border-box;width:100%}
.curvkit-knobs *{box-sizing:border-box}
.curvkit-knobs i{font:italic 1.1em "STIX Two Math","Cambria Math",Georgia,serif}
.curvkit-knobs .row{display:flex;flex-wrap:wrap;gap:4px 34px}
.curvkit-knobs .row>.knob{flex:1 1 250px;max-width:520px}
.curvkit-knobs .grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(250px,100%),1fr));gap:6px 34px;padding:4px 0 8px}
.curvkit-knobs .knob{display:grid;grid-template-columns:1fr auto 26px;gap:0 6px;align-items:center;align-content:start;min-width:0}
.curvkit-knobs [hidden]{display:none!important}
.curvkit-knobs label small{opacity:.65;font-size:11.5px;margin-left:6px}
.curvkit-knobs input[type=text],.curvkit-knobs select{font:inherit;color:var(--ink);background:var(--field);border:1px solid var(--line);border-radius:4px;height:26px;padding:0 6px}
.curvkit-knobs input[type=text]{width:86px;text-align:right;font-variant-numeric:tabular-nums}
.curvkit-knobs select{max-width:190px;min-width:0}
.curvkit-knobs input[type=checkbox]{width:18px;height:18px;accent-color:var(--ink);justify-self:end;margin:4px}
.curvkit-knobs .slide{grid-column:1/4;display:grid;grid-template-columns:auto 1fr auto;gap:8px;align-items:center;font-size:11.5px;color:var(--muted);font-variant-numeric:tabular-nums}
.curvkit-knobs input[type=range]{width:100%;margin:0;height:22px;accent-color:var(--ink);min-width:0}
.curvkit-knobs button{all:unset;cursor:pointer;border-radius:4px;text-align:center;color:var(--muted)}
.curvkit-knobs .back{width:26px;height:26px;line-height:26px}
.curvkit-knobs .back:disabled{opacity:.25;cursor:default}
.curvkit-knobs button:not(:disabled):hover{color:var(--ink)}
.curvkit-knobs :focus-visible{outline:2px solid var(--jp-brand-color1,#2f6fb3);outline-offset:1px}
.curvkit-knobs .refused{grid-column:1/4;color:var(--bad);font-size:12.5px}
.curvkit-knobs .refused:empty{display:none}
.curvkit-knobs summary{cursor:pointer;color:var(--muted);padding:4px 0;width:max-content}
.curvkit-knobs summary:hover{color:var(--ink)}`;

const element = (tag, name, parent, more = {}) => {
  const made = Object.assign(document.createElement(tag), { className: name, ...more });
  parent.append(made);
  return made;
};

// A name with its symbol between stars, which is set as mathematics.
function labelled(parent, text) {
  text.split("*").forEach((part, at) => {
    if (at % 2 === 0) return parent.append(part);
    const [letter, ...below] = part.split("_"), e = element("i", "", parent, { textContent: letter });
    if (below.length) element("sub", "", e, { textContent: below.join("_") });
  });
}

export const written = (value, whole) =>
  whole ? String(Math.round(value)) : String(Number(Number(value).toPrecision(4)));

const hint = ({ sentence, expected, source, static: compiles }) =>
  `${sentence} (${expected}; ${source})${compiles ? " Turning it recompiles, which takes some seconds." : ""}`;

function build(model, box, known) {
  const row = element("div", `knob curvkit-knob-${known.name}`, box);
  const label = element("label", "", row, { title: hint(known) });
  labelled(label, known.label);
  if (known.static) element("small", "", label, { textContent: "recompiles" });
  const ask = (value) => model.send({ turn: known.name, value });
  const show = (known.choices ? choice : number)(row, label, known, ask);
  const refused = element("div", "refused", row);
  refused.setAttribute("role", "alert");
  return { row, show: (value, sentence, hidden) => {
    row.hidden = hidden;
    refused.textContent = sentence ?? "";
    show(value);
  } };
}

function resetter(row, known, ask) {
  const back = element("button", "back", row, { textContent: "↺", type: "button" });
  back.title = `Back to ${known.default}`;
  back.setAttribute("aria-label", `${known.name.replaceAll("_", " ")} back to ${known.default}`);
  back.onclick = () => ask(known.default);
  return back;
}

function choice(row, label, known, ask) {
  const isSwitch = typeof known.choices[0] === "boolean";
  const input = element(isSwitch ? "input" : "select", "", row, isSwitch ? { type: "checkbox" } : {});
  if (!isSwitch) for (const each of known.choices) element("option", "", input, { value: each, textContent: each });
  input.setAttribute("aria-label", label.textContent);
  input.onchange = () => ask(isSwitch ? input.checked : input.value);
  const back = resetter(row, known, ask);
  return (value) => {
    if (isSwitch) input.checked = value;
    else input.value = value;
    back.disabled = value === known.default;
  };
}

function number(row, label, known, ask) {
  const field = element("input", "", row, { type: "text", inputMode: "decimal", autocomplete: "off" });
  field.setAttribute("aria-label", label.textContent);
  const back = resetter(row, known, ask);
  const slide = element("div", "slide", row), range = { ...known }, first = [known.low, known.high];
  const low = element("button", "end", slide, { type: "button" });
  const slider = element("input", "", slide, { type: "range", min: 0, max: FINE, step: 1 });
  const high = element("button", "end", slide, { type: "button" });
  slider.setAttribute("aria-label", label.textContent);
  let shown = known.default, sliding = false;
  const place = () => {
    [low, high].forEach((end, at) => {
      const value = at ? range.high : range.low;
      end.textContent = written(value, known.whole);
      const wide = range.low === known.ends[0] && range.high === known.ends[1];
      end.title = wide ? "the end of the range" : "double click: the whole range";
    });
    slider.value = FINE * Math.min(1, Math.max(0, shareOf(range, shown)));
    slider.setAttribute("aria-valuetext", written(shown, known.whole));
  };
  const widen = () => {
    const wide = range.low === known.ends[0] && range.high === known.ends[1];
    [range.low, range.high] = wide ? first : known.ends;
    if (shown < range.low || shown > range.high) [range.low, range.high] = known.ends;
    place();
  };
  for (const end of [low, high]) {
    end.ondblclick = widen;
    end.onkeydown = (e) => { if (e.key === "Enter") widen(); }; // what is returned must not be false
  }
  const typed = () => field.value.trim() !== written(shown, known.whole) && ask(field.value.trim());
  field.onchange = typed;
  slider.oninput = () => {
    sliding = true;
    const words = written(valueAt(range, slider.value / FINE), known.whole);
    field.value = words;
    slider.setAttribute("aria-valuetext", words);
  };
  slider.onchange = () => {
    sliding = false;
    ask(valueAt(range, slider.value / FINE));
  };
  return (value) => {
    shown = value;
    if (value < range.low || value > range.high) [range.low, range.high] = known.ends;
    back.disabled = value === known.default;
    if (sliding) return;
    field.value = written(value, known.whole);
    place();
  };
}

function render({ model, el }) {
  if (!document.getElementById("curvkit-knobs-style")) {
    element("style", "", document.head, { id: "curvkit-knobs-style", textContent: STYLE });
  }
  const root = element("div", "curvkit-knobs", el), facts = model.get("facts"), knobs = {};
  // A notebook's shortcuts are not for what is typed or stepped here.
  root.addEventListener("keydown", (e) => e.ctrlKey || e.metaKey || e.stopPropagation());
  const row = element("div", "row", root), more = element("details", "", root);
  element("summary", "", more, { textContent: "more knobs" });
  const grid = element("div", "grid", more);
  for (const each of facts) knobs[each.name] = build(model, grid, each);
  let placed = "";
  const draw = () => {
    const [values, refused, idle, front] = ["values", "refused", "idle", "front"].map((name) => model.get(name));
    if (placed !== front.join()) {
      placed = front.join();
      for (const { name } of facts) if (!front.includes(name)) grid.append(knobs[name].row);
      for (const name of front) row.append(knobs[name].row);
    }
    for (const [name, { show }] of Object.entries(knobs)) show(values[name], refused[name], idle.includes(name));
    more.hidden = facts.every(({ name }) => front.includes(name) || idle.includes(name));
    if (Object.keys(refused).some((name) => !front.includes(name))) more.open = true;
  };
  model.on("change:count", draw);
  draw();
  // JupyterLab says on its body whether its theme is light; figures follow it.
  const theme = () => {
    const light = document.body.dataset.jpThemeLight;
    if (light) model.send({ theme: light === "false" ? "dark" : "light" });
  };
  const watch = new MutationObserver(theme);
  watch.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light"] });
  theme();
  return () => {
    watch.disconnect();
    model.off("change:count", draw);
  };
}

export default { render };
