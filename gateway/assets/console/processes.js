// The processes of the fleet, those that wait and those that have fallen silent among them.

import { h } from "./dom.js";
import { cell, mark, row, rows, table, time } from "./parts.js";
import { reason } from "./standing.js";
import { bytes, number, since } from "./words.js";

const COLUMNS = [
  ["Process"],
  ["Host"],
  ["Pid", "number"],
  ["Busy", "number"],
  ["Memory", "number"],
  ["Up for", "number"],
  ["Standing"],
];
const MOST_REASONS = 3;

export function processes(known) {
  const lines = known.map((process) => {
    const key = `process ${process.host} ${process.pid} ${process.room}`;
    return row(
      { "data-key": key, class: process.gone ? "bad" : null },
      cell("Process", { class: "title" }, process.room),
      cell("Host", null, process.host),
      cell("Pid", { class: "number" }, String(process.pid)),
      cell(
        "Busy",
        { class: "number" },
        h("meter", { min: 0, max: 1, value: Math.min(1, process.busy), "aria-hidden": "true" }),
        h("span", { class: "share" }, `${Math.round(100 * process.busy)} %`),
      ),
      cell("Memory", { class: "number" }, bytes(process.memory)),
      cell("Up for", { class: "number", title: process.started }, since(process.started)),
      cell("Standing", { class: "standing" }, state(process)),
    );
  });
  const none = h("p", { class: "none" }, "No process has announced itself.");
  return h(
    "section",
    { class: "processes" },
    h("h2", null, "Processes"),
    known.length ? table("Processes", COLUMNS, rows(null, ...lines)) : none,
  );
}

function state(process) {
  if (process.gone) return [mark("bad", "gone"), h("span", { class: "why" }, "silent since ", time(process.seen))];
  const waits = process.waiting.filter((wait) => wait.what !== "pause");
  if (!waits.length) return mark("good", "well");
  const reasons = waits
    .slice(0, MOST_REASONS)
    .map((wait) => h("span", { class: "why" }, `${wait.part}: ${reason(wait)}`));
  const more =
    waits.length > MOST_REASONS ? h("span", { class: "why" }, `and ${number(waits.length - MOST_REASONS)} more`) : null;
  return [mark("look", "waits"), reasons, more];
}
