// Colours by role, and ramps mixed in OKLab, so that the middle of two colours is never muddy.
// Each role is a colour of its own; what each means in all scenes stands in draw/scene/channels.py.
import { clamp, mix } from "./maths.js";

export const THEMES = {
  light: {
    paper: "#ffffff", ink: "#18202b", muted: "#66707e", faint: "#c3cad3", grid: "#edf0f4",
    stable: "#1f77b8", teal: "#4fa79b", edge: "#e2ad4a", warm: "#e9853c", unstable: "#e0531b",
    second: "#98a3b1", good: "#198a6b", bad: "#c8372d",
    a: "#b5307f", b: "#0d8b9e", c: "#6c7a00", d: "#8a5a12", hand: "#8a55b5",
  },
  dark: {
    paper: "#11151b", ink: "#eef2f7", muted: "#97a3b3", faint: "#46505d", grid: "#1e242d",
    stable: "#4fb0f2", teal: "#7fd0c4", edge: "#f0d28a", warm: "#ffae6b", unstable: "#ff8547",
    second: "#67727f", good: "#3fcf9f", bad: "#ff6b5e",
    a: "#f27fc0", b: "#43cbdd", c: "#c2cf4c", d: "#d0a264", hand: "#c39af0",
  },
};

// A ramp is a list of roles or colours; some differ between light and dark.
export const RAMPS = {
  edge: ["stable", "stable", "stable", "teal", "edge", "warm", "unstable", "unstable", "unstable"],
  depth: {
    light: ["#f4f1ea", "#cfe0e2", "#8fbccb", "#4b8fb0", "#2a5f8e", "#1d3563"],
    dark: ["#10141c", "#16283d", "#1d4763", "#2a7286", "#63a89c", "#d9e3b8"],
  },
  heat: {
    light: ["#ffffff", "#fbe6c8", "#f2b36b", "#e0531b", "#8f2410"],
    dark: ["#11151b", "#40241a", "#8a3c17", "#ff8547", "#ffe0b8"],
  },
  twoSided: ["stable", "paper", "unstable"],
  fate: ["muted", "unstable", "stable", "ink"],
  verdict: ["second", "good", "bad"],
};

export const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
export const toHex = (parts) => "#" + parts.map((v) => v.toString(16).padStart(2, "0")).join("");

const linear = (c) => ((c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const encoded = (c) =>
  Math.round(255 * clamp(c <= 0.0031308 ? 12.92 * c : 1.055 * c ** (1 / 2.4) - 0.055));

// OKLab of #rrggbb, and back.
export function toLab(hex) {
  const [r, g, b] = rgb(hex).map(linear);
  const [l, m, s] = [
    0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b,
    0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b,
    0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b,
  ].map(Math.cbrt);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}
export function fromLab([L, a, b]) {
  const [l, m, s] = [
    L + 0.3963377774 * a + 0.2158037573 * b,
    L - 0.1055613458 * a - 0.0638541728 * b,
    L - 0.0894841775 * a - 1.291485548 * b,
  ].map((v) => v ** 3);
  return toHex([
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map(encoded));
}

const translucent = new Map();
// A colour with an opacity, as canvas takes it.
export function alpha(hex, a) {
  const key = `${hex}${Math.round(a * 200)}`;
  if (!translucent.has(key)) {
    if (translucent.size > 4000) translucent.clear();
    translucent.set(key, `rgba(${rgb(hex).join(",")},${Math.round(a * 200) / 200})`);
  }
  return translucent.get(key);
}

export class Palette {
  constructor(mode) {
    Object.assign(this, { mode, roles: THEMES[mode], ramps: {} });
  }
  role(name) {
    return this.roles[name] ?? name;
  }
  // 64 colours of a ramp, as #rrggbb.
  ramp(name) {
    if (this.ramps[name]) return this.ramps[name];
    const raw = RAMPS[name];
    if (!raw) throw new Error(`there is no ramp "${name}"; there are ${Object.keys(RAMPS).join(", ")}`);
    const stops = (Array.isArray(raw) ? raw : raw[this.mode]).map((c) => toLab(this.role(c)));
    const table = Array.from({ length: 64 }, (_, i) => {
      const at = (i / 63) * (stops.length - 1);
      const k = Math.min(Math.floor(at), stops.length - 2);
      return fromLab(stops[k].map((v, d) => mix(v, stops[k + 1][d], at - k)));
    });
    return (this.ramps[name] = table);
  }
}

// Whether the page around is light or dark: Jupyter's word, VS Code's, the page's own, the system's.
export function themeOf() {
  const body = document.body, root = document.documentElement;
  if (body.dataset.jpThemeLight) return body.dataset.jpThemeLight === "false" ? "dark" : "light";
  if (body.dataset.vscodeThemeKind) {
    return body.dataset.vscodeThemeKind.includes("dark") ? "dark" : "light";
  }
  const said = root.getAttribute("theme") ?? root.dataset.theme ?? body.dataset.theme;
  if (said === "dark" || said === "light") return said;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}
