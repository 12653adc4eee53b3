// Numbers, times and names as people read them.

const UNITS = [
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
];
const NUMBER = new Intl.NumberFormat("en-GB");
const CLOCK = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat("en-CA", { dateStyle: "short" });
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MOMENT = /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/;

export function number(value) {
  return value === null || value === undefined ? "?" : NUMBER.format(value);
}

export function plural(count, one, many = `${one}s`) {
  return `${number(count)} ${count === 1 ? one : many}`;
}

export function clock(moment) {
  return CLOCK.format(new Date(moment));
}

/** The time of day, with the date before it unless that is today's. */
export function moment(text) {
  const day = DAY.format(new Date(text));
  return day === DAY.format(new Date()) ? clock(text) : `${day} ${clock(text)}`;
}

export function span(seconds) {
  for (const [size, unit] of UNITS) if (seconds >= 2 * size) return `${Math.floor(seconds / size)} ${unit}`;
  return `${Math.max(0, Math.floor(seconds))} s`;
}

export function since(text) {
  return span((Date.now() - new Date(text)) / 1000);
}

/** How long after `start` something was, in as many digits as it deserves. */
export function after(start, text) {
  const seconds = (new Date(text) - new Date(start)) / 1000;
  return seconds < 100 ? `+${seconds.toFixed(2)} s` : `+${span(seconds)}`;
}

export function bytes(value) {
  const mebibytes = value / 2 ** 20;
  return mebibytes < 1024 ? `${mebibytes.toFixed(0)} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`;
}

/** Minor units as an amount of their currency. */
export function money(minor, currency) {
  try {
    const format = new Intl.NumberFormat("en-GB", { style: "currency", currency, currencyDisplay: "code" });
    return format.format(minor / 10 ** format.resolvedOptions().maximumFractionDigits);
  } catch {
    return `${minor} ${currency}`;
  }
}

/** The end of an id: its beginning is a time, and much the same in all of today's. */
export function short(id) {
  return UUID.test(id) ? `…${id.slice(-8)}` : id;
}

export function isId(value) {
  return typeof value === "string" && UUID.test(value);
}

export function isMoment(value) {
  return typeof value === "string" && MOMENT.test(value) && !Number.isNaN(Date.parse(value));
}

/** Any JSON as text; what is text already stays as it is. */
export function text(value, indent) {
  return typeof value === "string" ? value : JSON.stringify(value, null, indent);
}
