// The audit: each invariant with what violates it, when somebody asks.

import { CALLS, call } from "./api.js";
import { h, show } from "./dom.js";
import { button, facts, mark, time } from "./parts.js";
import { number, plural } from "./words.js";

export const TITLE = "Audit";

const WORDS = [
  "What must be true of every order, shelf and payment, checked against the databases while the fleet works.",
  "With many orders it may take minutes.",
].join(" ");
// Outlives the view: an audit goes on while others are looked at.
const state = { report: null, failure: null, asking: false };
let redraw = () => {};

/** Show the last audit of this page, if there was one. */
export function open(place) {
  function draw() {
    const label = state.asking ? "Checking…" : state.report ? "Check again" : "Check now";
    show(
      place,
      h(
        "div",
        { class: "head" },
        h("h1", null, TITLE),
        button(label, check, { class: "primary", disabled: state.asking }),
        state.report && verdict(state.report),
      ),
      state.failure && h("p", { class: "notice" }, mark("look", "not checked"), ` ${state.failure.message}`),
      state.report ? findings(state.report) : h("p", { class: "prose" }, WORDS),
    );
  }

  async function check() {
    state.asking = true;
    redraw();
    try {
      state.report = await call(CALLS.audit, { patience: 0 });
      state.failure = null;
    } catch (error) {
      state.failure = error;
    }
    state.asking = false;
    redraw();
  }

  redraw = draw;
  draw();
  return () => (redraw = () => {});
}

function verdict({ ok, checkedAt, invariants }) {
  const broken = invariants.filter((each) => each.violations).length;
  const words = ok ? "everything holds" : `${plural(broken, "invariant does", "invariants do")} not hold`;
  return h(
    "span",
    { class: "verdict" },
    mark(ok ? "good" : "bad", words),
    h("span", { class: "why" }, "checked at ", time(checkedAt)),
  );
}

function findings({ invariants }) {
  const sorted = [...invariants].sort((one, other) => Boolean(other.violations) - Boolean(one.violations));
  return h("ul", { class: "findings" }, sorted.map(finding));
}

function finding({ name, description, violations, examples }) {
  return h(
    "li",
    { "data-key": name, class: violations ? "bad" : null },
    h("div", { class: "verdict" }, violations ? mark("bad", plural(violations, "violation")) : mark("good", "holds")),
    h("div", null, h("h2", null, name), h("p", null, description), violations ? sample(violations, examples) : null),
  );
}

function sample(violations, examples) {
  const rest = violations - examples.length;
  return [
    h(
      "ol",
      { class: "examples" },
      examples.map((example) => h("li", null, facts(example))),
    ),
    rest > 0 ? h("p", { class: "none" }, `and ${number(rest)} more`) : null,
  ];
}
