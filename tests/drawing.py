"""Functions translated for a page, run under node beside Python's own."""

import base64
import json
import shutil
import subprocess

import numpy as np

from curvkit.browser.drawing import program
from curvkit.browser.drawing.translator import Translator

NODE = shutil.which("node")
# What node is given and gives back: numbers that JSON has no letters for are told by name.
COMMON = """
import fs from "node:fs";
const given = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
let FRAMES = [];
const $framed = (...all) => framed(FRAMES)(...all);
const revived = (v) => {
  if (Array.isArray(v)) return v.map(revived);
  if (v === null || typeof v !== "object") return v;
  if ("number" in v) return { nan: NaN, inf: Infinity, "-inf": -Infinity }[v.number];
  if ("kind" in v) {
    const made = empty(v.shape, v.kind);
    v.values.forEach((one, k) => { made.data[k] = revived(one); });
    return made;
  }
  return new Map(Object.entries(v).map(([name, one]) => [name, revived(one)]));
};
const told = (v) => {
  if (v instanceof Nd && !v.shape.length) return told(v.at(0));
  if (v instanceof Nd) return { shape: v.shape, kind: v.kind, values: [...v.data].map((one) => told(v.kind === "b" ? !!one : one)) };
  if (v instanceof Map) return Object.fromEntries([...v].map(([name, one]) => [String(name), told(one)]));
  if (v instanceof Set) return [...v].sort().map(told);
  if (ArrayBuffer.isView(v) || Array.isArray(v)) return [...v].map(told);
  if (typeof v === "number") return Number.isFinite(v) ? v : { number: Number.isNaN(v) ? "nan" : v > 0 ? "inf" : "-inf" };
  if (v !== null && typeof v === "object") return Object.fromEntries(Object.entries(v).map(([name, one]) => [name, told(one)]));
  return v === undefined ? null : v;
};
const tried = (act) => { try { return told(act()); } catch (error) { return { error: error.stack.slice(0, 600) }; } };
"""  # noqa: E501


def encoded(value):
    """A value as node is given it."""
    if isinstance(value, np.ndarray | np.generic) and np.ndim(value) == 0:
        value = value.item()
    if isinstance(value, np.ndarray):
        kind = {"b": "b", "i": "i", "u": "i"}.get(value.dtype.kind, f"f{value.dtype.itemsize}")
        values = [encoded(each) for each in value.ravel().tolist()]
        return {"shape": list(value.shape), "kind": kind, "values": values}
    if isinstance(value, float) and not np.isfinite(value):
        return {"number": "nan" if np.isnan(value) else "inf" if value > 0 else "-inf"}
    if isinstance(value, dict):
        return {str(name): encoded(each) for name, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(encoded(each) for each in value)
    if isinstance(value, list | tuple):
        return [encoded(each) for each in value]
    return value


def under_node(text, given, folder):
    """What a program of node, with the runtime before it, gives back for `given`."""
    (folder / "given.json").write_text(json.dumps(given), encoding="utf-8")
    whole = f"{program.runtime()}{COMMON}{text}"
    (folder / "program.mjs").write_text(whole, encoding="utf-8")
    done = subprocess.run(
        [NODE or "", "program.mjs", "given.json"], cwd=folder, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout)


def functions(acts, arguments, folder):
    """What functions give for arguments, translated: a list of a list for each function."""
    translator = Translator()
    names = [translator.named(act, "a test") for act in acts]
    text = f"""{translator.text()}
const acts = [{", ".join(names)}];
const args = given.map((each) => each.map(revived));
const found = acts.map((act, k) => tried(() => act(args[k])));
console.log(JSON.stringify(found));"""
    return under_node(text, [encoded(list(each)) for each in arguments], folder)


def room(house, traces, frames, folder):
    """Figures, words and merits of traces, as a page draws them: one mapping for each trace."""
    text = f"""FRAMES = given.frames;
const room = (() => {{ {program.written(house)} }})();
const found = given.traces.map((each) => {{
  const fields = Object.fromEntries([...revived(each.arrays)]);
  const trace = made(room.trace, {{ ...fields, header: revived(each.header) }});
  return {{
    figures: Object.fromEntries(Object.entries(room.figures).map(([name, act]) =>
      [name, tried(() => act([trace]).drawn())])),
    words: tried(() => room.words([trace])), merits: tried(() => trace.attribute("merits")()),
  }};
}});
console.log(JSON.stringify(found));"""
    told = [
        {"arrays": encoded(trace.arrays()), "header": {
            "settings": encoded(dict(trace.settings)),
            "turns": [[at, encoded(dict(knobs))] for at, knobs in trace.turns],
        }}
        for trace in traces
    ]  # fmt: skip
    return under_node(text, {"frames": frames, "traces": told}, folder)


def differences(ours, theirs, place="", near=2e-5):
    """Where two values of JSON differ, as sentences; numbers may by `near` of the larger."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for name in sorted({*ours, *theirs}):
            one, other = ours.get(name), theirs.get(name)
            if name != "template" and not (one in (None, {}) and other in (None, {})):
                yield from differences(one, other, f"{place}.{name}", near)
    elif isinstance(ours, list) and isinstance(theirs, list):
        if len(ours) != len(theirs):
            yield f"{place}: {len(ours)} and {len(theirs)} values"
            return
        for at, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(*pair, f"{place}[{at}]", near)
    elif _is_number(ours) and _is_number(theirs):
        if abs(ours - theirs) > near * max(abs(ours), abs(theirs)) + 1e-9:
            yield f"{place}: {ours} and {theirs}"
    elif ours != theirs:
        yield f"{place}: {str(ours)[:90]} and {str(theirs)[:90]}"


def _is_number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def plain(figure):
    """A figure of plotly's as JSON, its arrays as lists of numbers."""
    return _lists({"data": figure.to_plotly_json()["data"], "layout": _layout(figure)})


def _layout(figure):
    layout = figure.to_plotly_json()["layout"]
    layout.pop("template", None)
    return layout


def _lists(value):
    if isinstance(value, dict) and "bdata" in value:
        flat = np.frombuffer(base64.b64decode(value["bdata"]), value["dtype"])
        shape = [int(size) for size in str(value.get("shape", len(flat))).split(",")]
        return _lists(flat.reshape(shape))
    if isinstance(value, dict):
        return {name: _lists(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_lists(each) for each in value]
    if isinstance(value, np.ndarray):
        return [_lists(each) for each in value.tolist()]
    return encoded(value)
