// What became of letters that were replayed or dropped, or what would become of them.

import { h } from "./dom.js";
import { cell, facts, id, mark, orderLink, row, rows, table } from "./parts.js";
import { number, plural } from "./words.js";

const MOST = 100;
const TITLES = { "dry run": "What a replay would do now", replay: "What became of them", drop: "What became of them" };
const WOULD = {
  handle: ["good", "would be handled"],
  ask: ["busy", "would ask the outside"],
  fail: ["bad", "would fail"],
  repeat: ["quiet", "was handled: would repeat its replies"],
  return: ["look", "would come back"],
  refuse: ["look", "would be refused"],
};
const BECAME = {
  replayed: ["busy", "replayed"],
  handled: ["good", "handled"],
  failed_again: ["bad", "failed again"],
  not_handled_yet: ["look", "not handled yet"],
  dropped: ["quiet", "dropped"],
  refused: ["look", "refused"],
  kept: ["quiet", "kept"],
  not_dead: ["quiet", "was not dead"],
};

export function outcomes({ kind, items }) {
  return h(
    "section",
    { class: "outcomes", "aria-label": TITLES[kind] },
    h("h2", null, TITLES[kind]),
    items.length ? [h("p", null, counts(items)), each(items)] : h("p", { class: "none" }, "There was nothing to do."),
    items.length > MOST ? h("p", { class: "none" }, `and ${number(items.length - MOST)} more`) : null,
  );
}

function counts(items) {
  const found = new Map();
  for (const item of items) {
    const [tone, word] = outcome(item);
    found.set(word, [tone, (found.get(word)?.[1] ?? 0) + 1]);
  }
  return [...found].map(([word, [tone, count]]) => [mark(tone, `${number(count)} ${word}`), " "]);
}

function each(items) {
  const lines = items.slice(0, MOST).map((item) => {
    const [tone, word] = outcome(item);
    return row(
      { "data-key": item.id },
      cell("Letter", { class: "title" }, id(item.id)),
      cell("Order", null, orderLink(item.orderId), item.orderStatus ? ` ${item.orderStatus}` : ""),
      cell("Outcome", null, mark(tone, word)),
      cell("More", { class: "error" }, more(item)),
    );
  });
  const columns = [["Letter"], ["Order"], ["Outcome"], ["More"]];
  return h(
    "details",
    { open: items.length <= 10 },
    h("summary", null, plural(items.length, "letter")),
    table("Outcomes", columns, rows(null, ...lines)),
  );
}

function more({ error, detail, announces = [], asks = [] }) {
  const said = announces.length ? `says ${announces.join(", ")}` : null;
  return [error ?? detail ?? said, asks.map((asked) => facts(asked))].filter(Boolean);
}

function outcome({ would, outcome: became }) {
  return (would ? WOULD[would] : BECAME[became]) ?? ["unknown", would ?? became];
}
