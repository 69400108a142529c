// Numbers and other values as Python writes them.
// JavaScript rounds a number that lies halfway up, Python to the even digit. All digits of a double
// that lies halfway are few.
const halfway = (rest) => /^50*$/.test(rest);
const digits = (value, precision) => {
  const p = Math.min(Math.max(precision, 0), 100), [mantissa, power] = value.toExponential(100).split("e");
  const all = mantissa.replace(".", "");
  if (p >= 100 || !halfway(all.slice(p + 1)) || Number(all[p]) % 2) return value.toExponential(p);
  return `${all[0]}${p ? `.${all.slice(1, p + 1)}` : ""}e${power}`;
};
const exponent = (text) => {
  const [mantissa, power] = text.split("e"), sign = power[0] === "-" ? "-" : "+";
  return [mantissa, sign + power.replace(/^[+-]/, "").padStart(2, "0"), Number(power)];
};
function general(value, precision, alternate) {
  const p = precision || 1;
  const [mantissa, power, at] = exponent(digits(value, p - 1));
  const strip = (text) => (alternate || !text.includes(".") ? text : text.replace(/\.?0+$/, ""));
  return at < -4 || at >= p ? `${strip(mantissa)}e${power}` : strip(fixed(value, Math.min(Math.max(p - 1 - at, 0), 100)));
}
function number(value, type, precision, alternate) {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return "inf";
  if (type === "d") return BigInt(Math.trunc(value)).toString();
  if (type === "%") return `${fixed(value * 100, precision ?? 6)}%`;
  if (type === "f") return fixed(value, precision ?? 6);
  if (type === "e") {
    const [mantissa, power] = exponent(digits(value, precision ?? 6));
    return `${mantissa}e${power}`;
  }
  if (type === "g") return general(value, precision ?? 6, alternate);
  return precision === null ? plain(value) : general(value, precision, alternate);
}
// Beyond 1e21 `toFixed` writes an exponent.
const fixed = (value, places) => {
  if (!(value < 1e21)) return `${BigInt(value)}${places ? `.${"0".repeat(places)}` : ""}`;
  const [ahead, rest] = value.toFixed(100).split("."), last = places ? rest[places - 1] : ahead.at(-1);
  if (places >= 100 || !halfway(rest.slice(places)) || Number(last) % 2) return value.toFixed(Math.min(places, 100));
  return places ? `${ahead}.${rest.slice(0, places)}` : ahead;
};
function plain(value) {
  if (Number.isInteger(value) && Math.abs(value) < 1e16) return String(value);
  const [, , at] = exponent(value.toExponential());
  if (at >= -4 && at < 16) return String(value);
  const [mantissa, power] = exponent(value.toExponential());
  return `${mantissa}e${power}`;
}
const SPEC = /^(?:(.)?([<>=^]))?([+ -])?(#)?(0)?(\d+)?([,_])?(?:\.(\d+))?([a-z%])?$/isu;
function formatted(value, spec, text) {
  if (!spec) return text(value);
  const found = SPEC.exec(spec);
  if (!found) throw new Error(`The format ${spec} is not known.`);
  const [, fill, align, sign, alternate, zero, width, group, precision, type] = found;
  let body, lead = "";
  if (typeof value === "number" || typeof value === "boolean") {
    const given = Number(value), size = Math.abs(given);
    body = number(size, type ?? "", precision === undefined ? null : Number(precision), alternate);
    const below = given < 0 || Object.is(given, -0) && type !== "d";
    lead = below ? "-" : sign === "+" || sign === " " ? sign : "";
    if (group) body = body.replace(/^\d+/, (whole) => whole.replace(/\B(?=(\d{3})+$)/g, group));
  } else {
    body = text(value);
    if (precision !== undefined) body = body.slice(0, Number(precision));
  }
  const room = Number(width ?? 0) - lead.length - [...body].length;
  if (room <= 0) return lead + body;
  const pad = (fill ?? (zero ? "0" : " ")).repeat(room), way = align ?? (zero ? "=" : typeof value === "string" ? "<" : ">");
  if (way === "=") return lead + pad + body;
  if (way === "<") return lead + body + pad;
  if (way === "^") return pad.slice(0, room >> 1) + lead + body + pad.slice(room >> 1);
  return pad + lead + body;
}

export { fixed, formatted, plain };
