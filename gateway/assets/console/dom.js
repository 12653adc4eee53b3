// Elements out of text, and showing them. Nothing here, or anywhere else in the console, reads text as HTML: names,
// errors and bodies come from strangers.

const HANDLERS = ["onclick", "onchange", "onsubmit", "ontoggle"];
const STATES = ["checked", "selected", "disabled"];
const OPEN = "open"; // a person opens and closes

/** Make an element. Attributes that are null or false are left out, functions become handlers, strings become text. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (typeof value === "function") element[name] = value;
    else if (value !== null && value !== undefined && value !== false) {
      element.setAttribute(name, value === true ? "" : value);
    }
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** Make `place` hold `children`. What is there already and fits stays, with its focus, selection and scrolling. */
export function show(place, ...children) {
  arrange(place, h("div", null, ...children));
}

function arrange(place, wanted) {
  const kept = new Set([...wanted.children].map(key).filter(Boolean));
  for (const child of [...place.children]) if (key(child) && !kept.has(key(child))) child.remove();
  const known = new Map([...place.children].filter(key).map((child) => [key(child), child]));
  let at = place.firstChild;
  for (const child of [...wanted.childNodes]) {
    const same = key(child) ? known.get(key(child)) : fits(at, child) ? at : null;
    if (!same) {
      place.insertBefore(child, at);
      continue;
    }
    if (same === at) at = at.nextSibling;
    else place.insertBefore(same, at);
    update(same, child);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

function update(node, wanted) {
  if (node.nodeType === Node.TEXT_NODE) {
    if (node.data !== wanted.data) node.data = wanted.data;
    return;
  }
  for (const { name } of [...node.attributes])
    if (!wanted.hasAttribute(name) && name !== OPEN) node.removeAttribute(name);
  for (const { name, value } of wanted.attributes) {
    if (node.getAttribute(name) !== value && name !== OPEN) node.setAttribute(name, value);
  }
  for (const name of HANDLERS) if (node[name] !== wanted[name]) node[name] = wanted[name];
  for (const name of STATES) if (name in node && node[name] !== wanted[name]) node[name] = wanted[name];
  arrange(node, wanted);
}

function fits(node, wanted) {
  return node && !key(node) && node.nodeName === wanted.nodeName;
}

function key(node) {
  return node.nodeType === Node.ELEMENT_NODE ? node.dataset.key : undefined;
}
