// Orders: the newest ones, those in one state, and finding one by its id.

import { CALLS, call } from "./api.js";
import { h, show } from "./dom.js";
import { button, cell, id, mark, orderLink, row, rows, say, table, time, trouble } from "./parts.js";
import { poll } from "./poll.js";
import { STATES, tone } from "./states.js";
import { isId, money } from "./words.js";

export const TITLE = "Orders";

const SECONDS = 5;
const PAGE = 50;
const LINES = 2;
const COLUMNS = [["Order"], ["State"], ["Placed"], ["Lines"], ["Total", "number"], ["Paid with"], ["User"]];

export function open(place, { query }) {
  const status = query.get("status");
  const older = { items: [], cursor: null, asking: false };
  let closed = false;
  let last = { data: null, failure: null, at: null };
  draw(last);
  const looking = poll((signal) => call(CALLS.orders, { query: { status, limit: PAGE }, signal }), SECONDS, draw);

  function draw(state) {
    last = state;
    const newest = state.data?.items;
    show(
      place,
      h("div", { class: "head" }, h("h1", null, TITLE), filter(status), finder()),
      trouble(state, CALLS.orders),
      newest ? list(joined(newest)) : !state.failure && h("p", { class: "none" }, "Asking…"),
      newest &&
        cursor() &&
        h("p", null, button(older.asking ? "Asking…" : "Show older", more, { disabled: older.asking })),
    );
  }

  function joined(newest) {
    const known = new Set(newest.map((order) => order.id));
    return [...newest, ...older.items.filter((order) => !known.has(order.id))];
  }

  function cursor() {
    return older.items.length ? older.cursor : last.data.nextCursor;
  }

  async function more() {
    older.asking = true;
    draw(last);
    try {
      // Those that a new order has pushed off the first page meanwhile are among these, so nothing is left out.
      const begun = older.items.length ? older.items : last.data.items;
      const page = await call(CALLS.orders, { query: { status, limit: PAGE, cursor: cursor() } });
      older.items = [...begun, ...page.items];
      older.cursor = page.nextCursor;
    } catch (error) {
      say(error.message);
    }
    older.asking = false;
    if (!closed) draw(last);
  }

  return () => {
    closed = true;
    looking.end();
  };
}

function list(orders) {
  if (!orders.length) return h("p", { class: "empty" }, mark("quiet", "No orders."));
  const lines = orders.map((order) =>
    row(
      { "data-key": order.id },
      cell("Order", { class: "title" }, orderLink(order.id)),
      cell(
        "State",
        { class: "standing" },
        mark(tone(order.status), order.status),
        order.failureReason && h("span", { class: "why" }, order.failureReason),
      ),
      cell("Placed", null, time(order.createdAt)),
      cell("Lines", { class: "words" }, contents(order.orderItems)),
      cell("Total", { class: "number" }, money(order.total, order.currency)),
      cell("Paid with", null, order.paymentMethod),
      cell("User", null, id(order.userId)),
    ),
  );
  return h("section", { class: "orders" }, table("Orders", COLUMNS, rows(null, ...lines)));
}

function filter(status) {
  const choose = (event) => (location.hash = event.target.value ? `#/orders?status=${event.target.value}` : "#/orders");
  const options = [["", "any state"], ...STATES.map((each) => [each, each])].map(([value, label]) =>
    h("option", { value, selected: value === (status ?? "") }, label),
  );
  return h("label", { class: "filter" }, "State ", h("select", { onchange: choose }, options));
}

function finder() {
  const find = (event) => {
    event.preventDefault();
    const wanted = event.target.elements.id.value.trim();
    if (isId(wanted)) location.hash = `#/orders/${wanted.toLowerCase()}`;
    else say("An order's id looks like 01900000-0000-7000-8000-0000000000b1.");
  };
  return h(
    "form",
    { class: "finder", onsubmit: find, role: "search" },
    h("input", {
      name: "id",
      "aria-label": "Id of an order",
      placeholder: "Id of an order",
      autocomplete: "off",
      spellcheck: "false",
    }),
    h("button", null, "Find"),
  );
}

function contents(items) {
  const shown = items.slice(0, LINES).map((item) => `${item.quantity} × ${item.name}`);
  const rest = items.length - LINES;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join(", ");
}
