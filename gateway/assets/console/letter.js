// One dead letter: a line, and all of it when it is unfolded. Its body is somebody else's text.

import { h } from "./dom.js";
import { facts, orderLink, time } from "./parts.js";
import { plural, text } from "./words.js";

export function letter(each, { ticked, tick, whole, unfold }) {
  const label = `Letter ${each.id}`;
  return h(
    "li",
    { "data-key": each.id },
    h("input", { type: "checkbox", "aria-label": label, checked: ticked, onchange: () => tick(each.id) }),
    h(
      "details",
      { ontoggle: (event) => event.target.open && unfold(each.id) },
      h(
        "summary",
        null,
        time(each.lastFailedAt),
        h("strong", null, each.type ?? "no type"),
        h("span", null, "order ", orderLink(each.orderId)),
        h("span", { class: "why" }, `${each.reason}, ${plural(each.attempts, "attempt")}`),
        h("span", { class: "error" }, each.error),
      ),
      unfolded(each, whole),
    ),
  );
}

function unfolded(each, whole) {
  const more = whole?.letter;
  return h(
    "div",
    { class: "whole" },
    h("dl", null, known(each, more)),
    whole?.failure && h("p", { class: "none" }, `More about it cannot be told: ${whole.failure.message}`),
    h("h3", null, more?.original ? "Body, edited" : "Body"),
    h("pre", null, text(each.body, 2)),
    more?.original ? [h("h3", null, "Body as it was"), h("pre", null, text(more.original, 2))] : null,
  );
}

function known(each, more) {
  return [
    item("Error", h("pre", null, each.error)),
    more?.traceback.length
      ? item(
          "Where",
          h(
            "ol",
            { class: "frames" },
            more.traceback.map((frame) => h("li", null, h("code", null, frame))),
          ),
        )
      : null,
    item("Letter", h("code", null, each.id)),
    more?.messageId ? item("Message", h("code", null, more.messageId)) : null,
    each.orderId ? item("About", h("code", null, each.orderId)) : null,
    item("Failed", "first ", time(each.firstFailedAt), ", last ", time(each.lastFailedAt)),
    item("Worker", [each.worker, more?.host].filter(Boolean).join(" on ") || "unknown"),
    more && Object.keys(more.properties).length ? item("Properties", facts(more.properties)) : null,
    more?.actions.length ? item("Done", h("ol", null, more.actions.map(action))) : null,
  ];
}

function action({ kind, by, why, at }) {
  return h("li", null, time(at), ` ${kind} by ${by}${why ? `: ${why}` : ""}`);
}

function item(name, ...children) {
  return h("div", null, h("dt", null, name), h("dd", null, ...children));
}
