// Groups of dead letters: those of one queue that died of the same.

import { h } from "./dom.js";
import { cell, mark, row, rows, table } from "./parts.js";
import { number } from "./words.js";

const WORDLESS = "(without words)";
const COLUMNS = [["Letters", "number"], ["Queue"], ["Error, without ids and numbers"]];

// What has a digit in it is replaced in a group's error: the same as in workers/dead/pattern.py.
const WORD = String.raw`[\p{L}\p{N}_-]*\p{Nd}[\p{L}\p{N}_-]*`;
const PARTICULAR = new RegExp(`${WORD}(?:[.,:/+@]${WORD})*`, "gu");

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

/** Whether an error is one of a group's, which is named by its error without ids and numbers. */
export function belongs(error, group) {
  return group === null || error.replace(PARTICULAR, "#") === group;
}
