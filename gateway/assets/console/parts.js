// Pieces that several views have.

import { h } from "./dom.js";
import { clock, isId, isMoment, moment, short } from "./words.js";

const MARKS = { good: "●", quiet: "○", busy: "◐", look: "▲", bad: "■", unknown: "?" };
const MISSING = "There is nothing at this address.";

/** A word with a mark whose shape says how good that is, for those who do not see its colour. */
export function mark(tone, word, title) {
  return h(
    "span",
    { class: `mark ${tone}`, title },
    h("span", { class: "shape", "aria-hidden": "true" }, MARKS[tone]),
    word,
  );
}

/** The end of an id; hovering shows all of it. */
export function id(value) {
  return value ? h("code", { class: "id", title: value }, short(value)) : h("span", { class: "none" }, "–");
}

export function orderLink(value) {
  return value ? h("a", { href: `#/orders/${encodeURIComponent(value)}` }, id(value)) : id(value);
}

export function time(text) {
  return h("time", { datetime: text, title: text }, moment(text));
}

export function button(label, onclick, attributes) {
  return h("button", { type: "button", onclick, ...attributes }, label);
}

/** A cell of a table that becomes a list on a narrow screen, where each value needs its name. */
export function cell(name, attributes, ...children) {
  return h("td", { role: "cell", "data-name": name, ...attributes }, ...children);
}

export function table(name, columns, ...bodies) {
  const heads = columns.map(([title, kind]) => h("th", { role: "columnheader", scope: "col", class: kind }, title));
  return h(
    "table",
    { role: "table", "aria-label": name },
    h("thead", { role: "rowgroup" }, h("tr", { role: "row" }, ...heads)),
    ...bodies,
  );
}

export function rows(attributes, ...children) {
  return h("tbody", { role: "rowgroup", ...attributes }, ...children);
}

export function row(attributes, ...children) {
  return h("tr", { role: "row", ...attributes }, ...children);
}

/** What went wrong with the last look, and how old that makes what is shown; nothing when nothing did. */
export function trouble({ failure, at }, what, then = " This page keeps asking.") {
  if (!failure) return null;
  if (failure.status === 404 && failure.message === MISSING) {
    return h("p", { class: "notice" }, mark("unknown", "not here"), ` This gateway does not have ${what}.`);
  }
  const old = at ? ` Shown is what was known at ${clock(at)}.` : "";
  return h("p", { class: "notice" }, mark("look", "no news"), ` ${failure.message}${old}${then}`);
}

/** An object as names and values, with the ids in it short. */
export function facts(object) {
  return Object.entries(object).map(([name, value]) => [
    h("span", { class: "fact" }, h("span", { class: "name" }, name), "\u00a0", fact(name, value)),
    " ",
  ]);
}

function fact(name, value) {
  if (isId(value)) return name === "orderId" ? orderLink(value) : id(value);
  if (isMoment(value)) return time(value);
  if (Array.isArray(value)) return value.map((each, index) => [index ? ", " : "", fact(name, each)]);
  return value !== null && typeof value === "object" ? facts(value) : String(value);
}

/** Say something that a person did, or tried, at the foot of the page. */
export function say(words) {
  const place = document.getElementById("said");
  place.textContent = words;
  clearTimeout(say.timer);
  say.timer = setTimeout(() => (place.textContent = ""), 8000);
}
