// The fleet: every queue and why it waits, every process, and pausing.

import { CALLS, call } from "./api.js";
import { ask } from "./ask.js";
import { h, show } from "./dom.js";
import { button, cell, mark, row, rows, say, table, trouble } from "./parts.js";
import { poll } from "./poll.js";
import { processes } from "./processes.js";
import { standing, waiting } from "./standing.js";
import { number } from "./words.js";

export const TITLE = "Fleet";

const SECONDS = 2;
const COLUMNS = [
  ["Queue"],
  ["Ready", "number"],
  ["Unacked", "number"],
  ["Per s", "number"],
  ["Consumers", "number"],
  ["Retrying", "number"],
  ["Dead", "number"],
  ["Standing"],
  ["", "do"],
];
const TOTALS = ["ready", "unacked", "rate", "retrying", "dead"];
const NAMES = { ready: "ready", unacked: "unacked", rate: "per second", retrying: "retrying", dead: "dead" };

/** Show the fleet in `place`, and go on until it is closed. */
export function open(place) {
  const looking = poll((signal) => call(CALLS.fleet, { signal }), SECONDS, draw);
  show(place, h("h1", null, TITLE), h("p", { class: "none" }, "Asking…"));

  function draw(state) {
    const fleet = state.data;
    show(
      place,
      h("div", { class: "head" }, h("h1", null, TITLE), fleet && summary(fleet)),
      trouble(state, CALLS.fleet),
      fleet &&
        fleet.problems.map((problem) => h("p", { class: "notice" }, mark("look", "not all is known"), ` ${problem}`)),
      fleet && [queues(fleet), ladder(fleet.rungs), processes(fleet.processes)],
    );
  }

  function queues(fleet) {
    const waits = waiting(fleet.processes);
    const rooms = [...new Set(fleet.queues.map((queue) => queue.room))];
    const bodies = rooms.map((room) =>
      rows(
        { "data-key": `room ${room}` },
        row(
          { class: "room" },
          h("th", { role: "rowheader", scope: "rowgroup", colspan: COLUMNS.length }, room || "nowhere"),
        ),
        fleet.queues.filter((queue) => queue.room === room).map((queue) => line(queue, waits(queue.name))),
      ),
    );
    return h("section", { class: "queues" }, table("Queues", COLUMNS, ...bodies));
  }

  function line(queue, waits) {
    const { tone, word, why } = standing(queue, waits);
    const dead = `#/dead-letters?queue=${encodeURIComponent(queue.name)}`;
    return row(
      { "data-key": `queue ${queue.name}`, class: tone },
      cell("Queue", { class: "title" }, name(queue)),
      amount("Ready", queue.ready),
      amount("Unacked", queue.unacked),
      amount("Per s", queue.rate),
      amount("Consumers", queue.consumers),
      amount("Retrying", queue.retrying),
      amount("Dead", queue.dead, queue.dead ? h("a", { href: dead, class: "bad" }, number(queue.dead)) : null),
      cell(
        "Standing",
        { class: "standing" },
        mark(tone, word),
        why.filter(Boolean).map((each) => h("span", { class: "why" }, each)),
      ),
      cell("", { class: "do" }, queue.room && queue.paused !== null ? turn(queue) : null),
    );
  }

  function turn({ name: queue, paused }) {
    if (paused) return button("Resume", () => resume(queue), { "aria-label": `Resume ${queue}` });
    return button("Pause", () => pause(queue), { "aria-label": `Pause ${queue}` });
  }

  async function pause(queue) {
    const words = "Workers finish what they hold and then leave it alone, until it is resumed. Its messages wait.";
    const sign = await ask({ title: `Pause ${queue}`, words, action: "Pause" });
    if (sign) await carry(CALLS.pause, queue, sign, `${queue} is paused.`);
  }

  async function resume(queue) {
    await carry(CALLS.resume, queue, undefined, `${queue} goes on.`);
  }

  async function carry(what, queue, body, done) {
    try {
      await call(what, { path: { name: queue }, body });
      say(done);
    } catch (error) {
      say(`${queue} stays as it is: ${error.message}`);
    }
    looking.now();
  }

  return looking.end;
}

function name(queue) {
  const [room, heard] = queue.room ? queue.name.split(/_(.*)/) : ["", queue.name];
  return h("span", { title: queue.name }, room && h("span", { class: "prefix" }, `${room}_`), heard);
}

function amount(title, value, shown = null) {
  const kind = value === 0 ? "number zero" : "number";
  return cell(title, { class: kind }, shown ?? number(value));
}

function summary({ status, queues, processes: known }) {
  const totals = TOTALS.map((field) => {
    const values = queues.map((queue) => queue[field]).filter((value) => value !== null);
    const total = values.length ? Math.round(10 * values.reduce((sum, value) => sum + value, 0)) / 10 : null;
    return [NAMES[field], number(total), field === "dead" && total ? "bad" : total ? null : "zero"];
  });
  const paused = queues.filter((queue) => queue.paused).length;
  const gone = known.filter((process) => process.gone).length;
  const whole = [
    ...totals,
    ["paused", number(paused), paused ? "look" : "zero"],
    ["processes", number(known.length - gone), null],
    ...(gone ? [["gone", number(gone), "bad"]] : []),
  ];
  return [
    mark(status === "up" ? "good" : "look", status),
    h(
      "dl",
      { class: "totals" },
      whole.map(([title, value, tone]) => h("div", { class: tone }, h("dt", null, title), h("dd", null, value))),
    ),
  ];
}

function ladder(rungs) {
  const steps = rungs.map((rung) =>
    h(
      "span",
      { class: rung.messages ? "fact" : "fact zero" },
      h("span", { class: "name" }, rung.name),
      " ",
      number(rung.messages),
    ),
  );
  return h(
    "p",
    { class: "ladder" },
    h("span", { class: "name" }, "On the ladder, for another try:"),
    " ",
    steps.flatMap((step) => [step, " "]),
  );
}
