// What happened to an order, oldest first, each entry with the one that led to it.

import { h } from "./dom.js";
import { button, facts } from "./parts.js";
import { after, clock } from "./words.js";

const HANDLED = "message.handled";
const WAITING = "message.waiting";
const BAD = /\.(dead|failed|refund_failed|refused|not_reserved|expired)$/;
const LOOK = /\.(retried|waiting|rejected)$|cancel/;

/** Put what was told in order; that a message waits is no news any more when something is known to have come of it. */
export function sorted(entries) {
  const arrived = new Set(entries.filter((each) => each.kind !== WAITING).map((each) => each.messageId));
  return entries
    .filter((each) => each.kind !== WAITING || !arrived.has(each.messageId))
    .sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
}

export function timeline(entries, { withPost }) {
  const shown = entries.filter((each) => withPost || each.kind !== HANDLED);
  const known = new Set(shown.map((each) => each.messageId));
  return h(
    "ol",
    { class: "timeline" },
    shown.map((each) => line(each, entries[0].at, known)),
  );
}

function line(entry, start, known) {
  const { at, room, kind, detail = {}, messageId, causationId } = entry;
  const tone = BAD.test(kind) ? "bad" : LOOK.test(kind) ? "look" : kind === HANDLED ? "post" : "";
  const caused = causationId && causationId !== messageId && known.has(causationId);
  return h(
    "li",
    { class: tone, "data-message": messageId, tabindex: "-1" },
    h("time", { datetime: at, title: at }, clock(at), h("span", { class: "why" }, after(start, at))),
    h("span", { class: "room" }, room),
    h("div", null, h("strong", null, kind), " ", facts(detail)),
    caused
      ? button("cause", (event) => go(event, causationId), {
          class: "cause",
          "aria-label": `Go to what led to ${kind}`,
        })
      : null,
  );
}

function go(event, message) {
  const items = [...event.target.closest("ol").children];
  const cause = items.find((item) => item.dataset.message === message);
  cause?.scrollIntoView({ block: "center" });
  cause?.focus();
}
