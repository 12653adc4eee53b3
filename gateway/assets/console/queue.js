// The dead letters of a queue, or of one group of it, to be tried, replayed or dropped.

import { CALLS, call } from "./api.js";
import { ask } from "./ask.js";
import { h, show } from "./dom.js";
import { crumbs, empty, groups } from "./groups.js";
import { letter } from "./letter.js";
import { outcomes } from "./outcomes.js";
import { button, say, trouble } from "./parts.js";
import { number, plural } from "./words.js";

const TITLE = "Dead letters";
const PAGE = 100;
const MOST_IDS = 1000;
const REPLAY_PATIENCE = 600_000; // one, ten, the rest, and each may take its time
const REPLAYED = [
  "Each is sent to its queue again, as a first attempt.",
  "First one, then ten, then the rest: when one fails again, the others are kept. This may take half a minute.",
];
const DROPPED = "What these messages would have done is never done. That they were dropped, by whom and why, is kept.";

/** Show the letters of `queue`, of the group `error` only unless that is null. */
export function openQueue(place, queue, error) {
  const leaving = new AbortController();
  const state = { groups: [], letters: [], cursor: null, failure: null, at: null, results: null, busy: "Asking…" };
  const ticked = new Set();
  const whole = new Map();

  async function load({ again = false } = {}) {
    const query = { queue, error, limit: PAGE, cursor: again ? null : state.cursor };
    try {
      const found = await call(CALLS.letters, { query, signal: leaving.signal });
      const letters = again ? found.items : [...state.letters, ...found.items];
      Object.assign(state, { groups: found.groups, letters, cursor: found.nextCursor, failure: null, at: new Date() });
      const present = new Set(letters.map((each) => each.id));
      for (const id of ticked) if (!present.has(id)) ticked.delete(id);
    } catch (failure) {
      state.failure = failure;
    }
    state.busy = null;
    draw();
  }

  async function reload(options) {
    state.busy = "Asking…";
    draw();
    await load(options);
  }

  function draw() {
    if (leaving.signal.aborted) return;
    const narrower = error === null && state.groups.length > 1;
    show(
      place,
      h("div", { class: "head" }, h("h1", null, TITLE), crumbs(queue, error)),
      trouble(state, CALLS.letters, "") && [trouble(state, CALLS.letters, ""), again()],
      narrower && groups(state.groups),
      state.at && [
        count() > 0 && bar(),
        state.results && outcomes(state.results),
        state.letters.length ? list() : empty("Nothing is dead here any more."),
        state.cursor &&
          h(
            "p",
            null,
            button("Show more", () => reload(), { disabled: Boolean(state.busy) }),
          ),
      ],
      !state.at && state.busy && h("p", { class: "none" }, state.busy),
    );
  }

  function again() {
    return h(
      "p",
      null,
      button("Look again", () => reload({ again: true }), { disabled: Boolean(state.busy) }),
    );
  }

  function bar() {
    const busy = Boolean(state.busy);
    const all = state.letters.length > 0 && state.letters.every((each) => ticked.has(each.id));
    const tickAll = () => {
      for (const each of state.letters) all ? ticked.delete(each.id) : ticked.add(each.id);
      draw();
    };
    const few = ticked.size === 0;
    const many = ticked.size > MOST_IDS ? `At most ${number(MOST_IDS)} at a time` : null;
    return h(
      "div",
      { class: "bar" },
      h("label", { class: "tick" }, h("input", { type: "checkbox", checked: all, onchange: tickAll }), "All shown"),
      h("span", { class: "why" }, state.busy ?? scope()),
      h(
        "span",
        { class: "actions" },
        button("Dry run", rehearse, { disabled: busy || Boolean(many), title: many }),
        button("Replay…", replay, { disabled: busy || Boolean(many), title: many }),
        button("Drop…", drop, {
          disabled: busy || few || Boolean(many),
          class: "danger",
          title: few ? "Tick the letters to drop" : many,
        }),
        button("Look again", () => reload({ again: true }), { disabled: busy }),
      ),
    );
  }

  function scope() {
    if (ticked.size) return `${plural(ticked.size, "letter")} ticked`;
    return `none ticked: all ${number(count())} of this ${error === null ? "queue" : "group"}`;
  }

  function count() {
    return state.groups
      .filter((group) => error === null || group.error === error)
      .reduce((sum, group) => sum + group.count, 0);
  }

  function chosen() {
    if (ticked.size) return { queue, ids: [...ticked] };
    return error === null ? { queue } : { queue, error };
  }

  function list() {
    const lines = state.letters.map((each) =>
      letter(each, { ticked: ticked.has(each.id), tick, whole: whole.get(each.id), unfold }),
    );
    return h("ul", { class: "letters" }, lines);
  }

  function tick(id) {
    if (!ticked.delete(id)) ticked.add(id);
    draw();
  }

  async function unfold(id) {
    if (whole.has(id)) return;
    whole.set(id, {});
    try {
      whole.set(id, { letter: await call(CALLS.letter, { path: { id }, signal: leaving.signal }) });
    } catch (failure) {
      whole.set(id, { failure });
    }
    draw();
  }

  async function rehearse() {
    await act("Trying, and taking it back…", "dry run", CALLS.replay, { ...chosen(), dryRun: true });
  }

  async function replay() {
    const sign = await ask({ title: `Replay ${what()}`, words: REPLAYED, action: "Replay" });
    if (sign) await act("Replaying…", "replay", CALLS.replay, { ...chosen(), ...sign });
  }

  async function drop() {
    const sign = await ask({ title: `Drop ${what()}`, words: DROPPED, action: "Drop for good", danger: true });
    if (sign) await act("Dropping…", "drop", CALLS.drop, { ...chosen(), ...sign });
  }

  function what() {
    return `${plural(ticked.size || count(), "letter")} of ${queue}`;
  }

  async function act(busy, kind, what, body) {
    state.busy = busy;
    draw();
    try {
      state.results = { kind, items: (await call(what, { body, patience: REPLAY_PATIENCE })).items };
    } catch (failure) {
      say(failure.message);
    }
    await load({ again: true });
  }

  draw();
  load();
  return () => leaving.abort();
}
