// One order: what it is, and what happens to it while one looks.

import { CALLS, call } from "./api.js";
import { ask } from "./ask.js";
import { h, show } from "./dom.js";
import { follow } from "./follow.js";
import { button, cell, facts, mark, row, rows, say, table, time } from "./parts.js";
import { isCancellable, tone } from "./states.js";
import { sorted, timeline } from "./timeline.js";
import { money, number } from "./words.js";

export const TITLE = "Order";

const SOON = 150; // what happens together is asked about once
const LINES = [["Product"], ["Quantity", "number"], ["Each", "number"], ["State"]];

let withPost = true;

export function open(place, { id }) {
  const leaving = new AbortController();
  const state = { order: null, failure: null, entries: [], standing: "asking" };
  let timer = 0;

  async function look() {
    try {
      state.order = await call(CALLS.order, { path: { id }, signal: leaving.signal });
      state.failure = null;
    } catch (error) {
      state.failure = error;
    }
    draw();
  }

  function heard(entries) {
    state.entries = sorted([...state.entries, ...entries]);
    clearTimeout(timer);
    timer = setTimeout(look, SOON);
    draw();
  }

  function stands(standing) {
    if (standing === "live" && state.failure) look();
    state.standing = standing;
    draw();
  }

  function draw() {
    if (leaving.signal.aborted) return;
    const { order, failure } = state;
    show(
      place,
      h(
        "div",
        { class: "head" },
        h("h1", null, TITLE),
        h("code", null, id),
        order && mark(tone(order.status), order.status),
        order && cancelling(order),
      ),
      failure && h("p", { class: "notice" }, mark("look", "no news"), ` ${failure.message}`),
      order && h("div", { class: "order" }, h("div", null, about(order), items(order)), history()),
    );
  }

  function history() {
    const turn = () => {
      withPost = !withPost;
      draw();
    };
    return h(
      "section",
      null,
      h(
        "div",
        { class: "bar" },
        h("h2", null, "Timeline"),
        live(state.standing),
        h(
          "label",
          { class: "tick" },
          h("input", { type: "checkbox", checked: withPost, onchange: turn }),
          "each message handled",
        ),
      ),
      state.entries.length ? timeline(state.entries, { withPost }) : h("p", { class: "none" }, "Nothing yet."),
    );
  }

  function cancelling(order) {
    return isCancellable(order.status) ? button("Cancel the order…", cancel, { class: "danger" }) : null;
  }

  async function cancel() {
    const words = "Shipping is asked to stop, then stock and money are given back. If it has left by then, it goes on.";
    if (!(await ask({ title: "Cancel this order", words, action: "Cancel the order", sign: false, danger: true })))
      return;
    try {
      state.order = await call(CALLS.cancel, { path: { id } });
      say("The order was asked to be cancelled.");
    } catch (error) {
      say(error.message);
    }
    draw();
  }

  const stop = follow(id, { entries: heard, standing: stands });
  draw();
  look();
  return () => {
    leaving.abort();
    clearTimeout(timer);
    stop();
  };
}

function about(order) {
  const address = order.shippingAddress ?? {};
  return h(
    "dl",
    { class: "about" },
    item("Total", money(order.total, order.currency)),
    order.failureReason && item("Failed", order.failureReason),
    item("Placed", time(order.createdAt)),
    item("Changed", time(order.updatedAt)),
    item("Paid with", order.paymentMethod),
    item("User", h("code", null, order.userId)),
    item("In part", order.allowPartial ? "if need be" : "never"),
    Object.keys(address).length ? item("To", facts(address)) : null,
  );
}

function items({ orderItems, currency }) {
  const lines = orderItems.map((each) =>
    row(
      { "data-key": each.productId },
      cell("Product", { class: "title", title: each.productId }, each.name),
      cell("Quantity", { class: "number" }, number(each.quantity)),
      cell("Each", { class: "number" }, money(each.unitPrice, currency)),
      cell("State", null, each.status),
    ),
  );
  return table("Lines", LINES, rows(null, ...lines));
}

function item(name, ...children) {
  return h("div", null, h("dt", null, name), h("dd", null, ...children));
}

function live(standing) {
  if (standing === "live") return mark("busy", "live");
  if (standing === "ended") return mark("quiet", "ended: nothing more will come");
  if (standing === "asking") return mark("unknown", "asking");
  return mark("look", `not live: ${standing.message}`);
}
