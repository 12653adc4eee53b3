// Asking a person before something is done: whether it is meant, and by whom and why, because that is written down.

import { h } from "./dom.js";
import { button } from "./parts.js";

const NAME = "orderfleet.by";
const LONGEST = 1000;

/** Resolve to `{by, why}` when it is meant, and to null when it is not. With `sign` both have to be said. */
export function ask({ title, words, action, sign = true, danger = false }) {
  const dialog = document.getElementById("dialog");
  return new Promise((resolve) => {
    let answer = null;
    const by = field("by", "Your name", remembered());
    const why = field("why", "Why", "");
    const submit = (event) => {
      event.preventDefault();
      answer = { by: value(by), why: value(why) };
      if (sign) remember(answer.by);
      dialog.close();
    };
    dialog.replaceChildren(
      h(
        "form",
        { onsubmit: submit },
        h("h2", { id: "dialog-title" }, title),
        [words].flat().map((each) => h("p", null, each)),
        sign ? [by, why] : null,
        h(
          "p",
          { class: "actions" },
          button("Leave it", () => dialog.close()),
          h("button", { class: danger ? "danger" : "primary" }, action),
        ),
      ),
    );
    dialog.onclose = () => resolve(answer);
    dialog.showModal();
    if (sign) (value(by) ? why : by).querySelector("input").focus();
  });
}

function field(name, label, given) {
  const attributes = { name, required: true, maxlength: LONGEST, autocomplete: "off", pattern: ".*\\S.*" };
  return h("label", null, label, h("input", { ...attributes, value: given }));
}

function value(label) {
  return label.querySelector("input").value.trim();
}

function remembered() {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return ""; // storage may be forbidden
  }
}

function remember(name) {
  try {
    localStorage.setItem(NAME, name);
  } catch {
    // then it is asked for again
  }
}
