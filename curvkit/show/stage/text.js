// Words and numbers on the canvas. One mark-up is known: *x* is mathematics, in an italic serif.

export const UI = 'Inter, "Source Sans 3", "Source Sans Pro", system-ui, -apple-system, "Segoe UI", ' +
  "Roboto, sans-serif";
export const MATH = '"STIX Two Text", "STIX Two Math", STIX, "STIX Two", "Cambria Math", Cambria, ' +
  'Georgia, "Times New Roman", serif';

// [text, whether it is mathematics] of each part.
export const pieces = (text) =>
  String(text).split("*").map((s, i) => [s, i % 2 === 1]).filter(([s]) => s);
export const plain = (text) => String(text).replaceAll("*", "");

const widths = new Map();
function widthOf(ctx, font, s) {
  const key = font + s;
  let width = widths.get(key);
  if (width === undefined) {
    if (widths.size > 3000) widths.clear();
    ctx.font = font;
    widths.set(key, (width = ctx.measureText(s).width));
  }
  return width;
}

const parted = (ctx, text, size, weight) => pieces(text).map(([s, math]) => {
  const font = math ? `italic ${size * 1.14}px ${MATH}` : `${weight} ${size}px ${UI}`;
  return { s, font, w: widthOf(ctx, font, s) };
});
const widthOfParts = (parts) => parts.reduce((sum, p) => sum + p.w, 0);
// How wide a text would be.
export const widthOfWords = (ctx, text, size, weight = 400) => widthOfParts(parted(ctx, text, size, weight));

// Writes `text` at (x, y) and returns its width; `halo` is the colour of a rim around the letters.
export function write(ctx, text, x, y, { size = 12, align = "left", color, weight = 400, halo } = {}) {
  const parts = parted(ctx, text, size, weight), width = widthOfParts(parts);
  let at = align === "right" ? x - width : align === "center" ? x - width / 2 : x;
  ctx.textAlign = "left";
  ctx.lineJoin = "round";
  for (const p of parts) {
    ctx.font = p.font;
    if (halo) {
      ctx.strokeStyle = halo;
      ctx.lineWidth = 4;
      ctx.strokeText(p.s, at, y);
    }
    ctx.fillStyle = color;
    ctx.fillText(p.s, at, y);
    at += p.w;
  }
  return width;
}

// A number as a person would write it: `digits` after the point, or three significant ones.
export function say(v, digits) {
  if (!Number.isFinite(v)) return "—";
  const size = Math.abs(v);
  if (size >= 1e6 || (digits == null && size !== 0 && (size < 1e-3 || size >= 1e5))) {
    const [m, e] = v.toExponential(1).split("e");
    const raised = [...String(+e)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("");
    return `${m.replace(/\.0$/, "")}·10${raised}`.replace(/^-/, "−");
  }
  if (digits != null) {
    const written = v.toFixed(digits);
    return (+written === 0 ? written.replace("-", "") : written).replace("-", "−");
  }
  return String(+v.toPrecision(3)).replace("-", "−");
}
