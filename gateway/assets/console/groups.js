// Groups of dead letters: those of one queue that died of the same.

import { h } from "./dom.js";
import { cell, mark, row, rows, table } from "./parts.js";
import { number } from "./words.js";

const WORDLESS = "(without words)";
const COLUMNS = [["Letters", "number"], ["Queue"], ["Error, without ids and numbers"]];

export function groups(found) {
  const lines = found.map((group) =>
    row(
      { "data-key": `${group.queue} ${group.error}` },
      cell("Letters", { class: "number" }, number(group.count)),
      cell("Queue", { class: "title" }, h("a", { href: address(group.queue) }, group.queue)),
      cell("Error", { class: "error" }, h("a", { href: address(group.queue, group.error) }, group.error || WORDLESS)),
    ),
  );
  return h("section", { class: "groups" }, table("Groups", COLUMNS, rows(null, ...lines)));
}

export function crumbs(queue, error) {
  return h(
    "nav",
    { class: "crumbs", "aria-label": "Where" },
    h("a", { href: "#/dead-letters" }, "all"),
    error === null
      ? h("span", null, queue)
      : [h("a", { href: address(queue) }, queue), h("span", { class: "error" }, error || WORDLESS)],
  );
}

function address(queue, error) {
  return `#/dead-letters?${new URLSearchParams({ queue, ...(error === undefined ? {} : { error }) })}`;
}

export function empty(words) {
  return h("p", { class: "empty" }, mark("good", words));
}
