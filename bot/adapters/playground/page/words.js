// The page's own words, which come from the catalogues, and dates as the language writes them.

let said = {};

export function learn(words) {
  said = words;
  document.documentElement.lang = words.language;
  document.documentElement.dir = words.dir;
}

export function w(name, values = {}) {
  const text = said[name] ?? name;
  return text.replace(/\{(\w+)\}/g, (whole, key) => values[key] ?? whole);
}

export function knows(name) {
  return name in said;
}

export function language() {
  return said.language ?? "en";
}

// A day before its month and a clock of 24 hours read the same to everybody.
const locale = () => (language() === "en" ? "en-GB" : language());

const made = new Map();

function format(at, zone, options) {
  const key = JSON.stringify([locale(), zone, options]);
  if (!made.has(key)) made.set(key, new Intl.DateTimeFormat(locale(), { timeZone: zone, ...options }));
  return made.get(key).format(new Date(at));
}

export const clock = (at, zone) => format(at, zone, { hour: "2-digit", minute: "2-digit" });
export const day = (at, zone) => format(at, zone, { weekday: "long", day: "numeric", month: "long" });
export const fullDay = (at, zone) => format(at, zone, { weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const moment = (at, zone) =>
  format(at, zone, { weekday: "short", day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

// The 5th of January 2026 was a Monday, which is day 0 of a rule.
export const weekday = (number) => format(Date.UTC(2026, 0, 5 + number, 12), "UTC", { weekday: "long" });

export const time = (text) => format(`2026-01-05T${text}:00Z`, "UTC", { hour: "2-digit", minute: "2-digit" });

// What a field for dates takes: the time on the clock there.
export function local(at, zone) {
  const parts = new Intl.DateTimeFormat("en-CA", {
    timeZone: zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23",
  }).formatToParts(new Date(at));
  const of = Object.fromEntries(parts.map((part) => [part.type, part.value]));
  return `${of.year}-${of.month}-${of.day}T${of.hour}:${of.minute}`;
}

// Why something comes: its rule in words.
export function why(rule, zone) {
  if (!rule) return w("why_once");
  const values = {
    time: rule.at ? time(rule.at) : "",
    zone,
    rule: rule.cron ?? "",
    date: rule.monthday ?? "",
    day: rule.weekday !== undefined ? weekday(rule.weekday) : rule.anchor ? format(`${rule.anchor}T12:00:00Z`, "UTC", { weekday: "long" }) : "",
  };
  return w(`why_${rule.cadence.replace("-", "_")}`, values);
}

export function what(kind, person) {
  const name = `due_${kind.replace(/[.-]/g, "_")}`;
  const text = knows(name) ? w(name) : w("due_other", { kind });
  return person ? w("due_for", { what: text, name: person }) : text;
}
