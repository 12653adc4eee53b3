// How a queue stands, in a word, and why its messages wait.

import { since } from "./words.js";

/** Say how a queue stands. `waits` are those of processes; what comes first here is what matters most. */
export function standing(queue, waits) {
  const reasons = waits.filter((wait) => wait.what !== "pause").map(reason);
  if (queue.paused) return { tone: "look", word: "paused", why: [pause(queue.pause), ...reasons] };
  if (reasons.length) return { tone: "look", word: "waits", why: reasons };
  if (queue.ready === null) return { tone: "unknown", word: "unknown", why: [] };
  if (queue.room && queue.consumers === 0) return { tone: "bad", word: "nobody works on it", why: [] };
  if (queue.dead) return { tone: "bad", word: "dead letters", why: [] };
  if (queue.retrying) return { tone: "busy", word: "retrying", why: [] };
  if (queue.ready || queue.unacked || queue.rate) return { tone: "busy", word: "working", why: [] };
  return { tone: "quiet", word: "idle", why: [] };
}

/** Gather by queue what processes that live wait for: each thing once, since it began. */
export function waiting(processes) {
  const found = new Map();
  for (const wait of processes.filter((each) => !each.gone).flatMap((each) => each.waiting)) {
    const known = found.get(wait.part) ?? new Map();
    const same = known.get(wait.what);
    if (!same || wait.since < same.since) known.set(wait.what, wait);
    found.set(wait.part, known);
  }
  return (part) => [...(found.get(part)?.values() ?? [])];
}

export function reason({ what, since: begun, error, by, why }) {
  return [`${what} for ${since(begun)}`, error, by, why].filter(Boolean).join(": ");
}

function pause(given) {
  if (!given) return "";
  const who = given.by ? `by ${given.by}, ` : "";
  return `${who}for ${since(given.since)}${given.why ? `: ${given.why}` : ""}`;
}
