// Which view is shown: the part of the address after the # says so, so that every view can be linked to.

import * as audit from "./audit.js";
import { show } from "./dom.js";
import * as fleet from "./fleet.js";
import * as letters from "./letters.js";
import * as order from "./order.js";
import * as orders from "./orders.js";

const VIEWS = { fleet, "dead-letters": letters, orders, audit };
const FIRST = "fleet";

const place = document.getElementById("main");
let shown = null;

function route() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [asked, id] = path.split("/");
  const name = Object.hasOwn(VIEWS, asked) ? asked : FIRST;
  const view = name === "orders" && id ? order : VIEWS[name];
  const at = `${name}/${id ?? ""}`;
  shown?.close();
  if (shown && shown.at !== at) {
    show(place);
    place.focus();
    scrollTo(0, 0);
  }
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#/${name}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  document.title = `${view.TITLE} · Orderfleet`;
  shown = { at, close: view.open(place, { id: decoded(id), query: new URLSearchParams(query) }) };
}

function decoded(text = "") {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

document.querySelector(".skip").onclick = (event) => {
  event.preventDefault(); // the part after the # is the view's
  place.focus();
};
addEventListener("hashchange", route);
route();
