// Every call that the console makes, and what went wrong with one as a sentence.

export const CALLS = {
  fleet: "GET /fleet",
  pause: "POST /queues/{name}/pause",
  resume: "POST /queues/{name}/resume",
  letters: "GET /dead-letters",
  letter: "GET /dead-letters/{id}",
  replay: "POST /dead-letters/replay",
  drop: "DELETE /dead-letters",
  orders: "GET /orders",
  order: "GET /orders/{id}",
  cancel: "DELETE /orders/{id}",
  events: "GET /orders/{id}/events",
  audit: "GET /audit",
};

const PATIENCE = 15_000;

/** A call that did not go well; `status` is 0 when nobody answered. */
export class Failure extends Error {
  constructor(status, message, type = "") {
    super(message);
    this.status = status;
    this.type = type;
  }
}

/** Make a call and return its JSON. */
export async function call(what, { patience = PATIENCE, signal, ...given } = {}) {
  const signals = [...(patience ? [AbortSignal.timeout(patience)] : []), ...(signal ? [signal] : [])];
  const answer = await request(what, { ...given, signal: signals.length ? AbortSignal.any(signals) : undefined });
  try {
    return await answer.json();
  } catch {
    throw new Failure(0, "The answer broke off.");
  }
}

/** Make a call and return its answer, which is a good one. */
export async function request(what, { path = {}, query = {}, headers = {}, body, signal } = {}) {
  const [method, template] = what.split(" ");
  const url = new URL(
    template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name])),
    location.origin,
  );
  for (const [name, value] of Object.entries(query)) if (value) url.searchParams.set(name, value);
  const json = body === undefined ? {} : { "Content-Type": "application/json" };
  let answer;
  try {
    answer = await fetch(url, { method, signal, headers: { ...json, ...headers }, body: JSON.stringify(body) });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Failure(
      0,
      error.name === "TimeoutError" ? "The gateway takes too long." : "The gateway does not answer.",
    );
  }
  if (answer.ok) return answer;
  throw await failure(what, answer);
}

async function failure(what, answer) {
  const problem = await answer.json().catch(() => ({}));
  const errors = (problem.errors ?? []).map((error) => [error.pointer, error.detail].filter(Boolean).join(": "));
  const detail = [problem.detail ?? `${what} answers ${answer.status}.`, ...errors].join(" ");
  return new Failure(answer.status, detail, problem.type ?? "");
}
