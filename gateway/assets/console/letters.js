// Dead letters: how many of which queue died of what. Those of one queue have a view of their own.

import { CALLS, call } from "./api.js";
import { h, show } from "./dom.js";
import { empty, groups } from "./groups.js";
import { trouble } from "./parts.js";
import { poll } from "./poll.js";
import { openQueue } from "./queue.js";
import { plural } from "./words.js";

export const TITLE = "Dead letters";

const SECONDS = 5;

export function open(place, { query }) {
  const queue = query.get("queue");
  return queue ? openQueue(place, queue, query.get("error")) : openAll(place);
}

function openAll(place) {
  const looking = poll((signal) => call(CALLS.letters, { query: { limit: 1 }, signal }), SECONDS, draw);
  show(place, h("div", { class: "head" }, h("h1", null, TITLE)), h("p", { class: "none" }, "Asking…"));

  function draw(state) {
    const found = state.data?.groups;
    const total = found?.reduce((sum, group) => sum + group.count, 0);
    show(
      place,
      h("div", { class: "head" }, h("h1", null, TITLE), found && h("span", { class: "why" }, plural(total, "letter"))),
      trouble(state, CALLS.letters),
      found && (found.length ? groups(found) : empty("No message has been given up.")),
    );
  }

  return looking.end;
}
