// An order's events as they come. EventSource hears only the events whose names it was told before, and an order's are
// named by whatever happened to it; so the stream is read here, and taken up where it broke off.

import { CALLS, request } from "./api.js";

const SLOWEST = 30;
const BETWEEN = /\r\n\r\n|\n\n|\r\r/;
const LINE = /\r\n|\n|\r/;

/**
 * Tell each entry of an order's timeline, those that there are and those that come, until it is ended or the order has.
 * `tell.standing` hears "live", "ended", or the failure because of which nothing comes for now.
 */
export function follow(id, tell) {
  const leaving = new AbortController();
  follows(id, tell, leaving.signal).catch((error) => {
    if (error.name !== "AbortError") throw error;
  });
  return () => leaving.abort();
}

async function follows(id, tell, signal) {
  const stream = { last: "" };
  for (let failures = 0; ;) {
    try {
      const headers = stream.last ? { "Last-Event-ID": stream.last } : {};
      const answer = await request(CALLS.events, { path: { id }, headers, signal });
      if (answer.status === 204) {
        tell.standing("ended");
        return;
      }
      tell.standing("live");
      failures = 0;
      await read(answer, stream, tell);
    } catch (error) {
      if (signal.aborted) throw error;
      failures += 1;
      tell.standing(error);
      if (error.status >= 400 && error.status < 500) return;
    }
    await pause(Math.min(SLOWEST, 2 ** failures), signal);
  }
}

async function read(answer, stream, tell) {
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const blocks = (rest + value).split(BETWEEN);
    rest = blocks.pop();
    const entries = blocks.map((block) => event(block, stream)).filter(Boolean);
    if (entries.length) tell.entries(entries);
  }
}

function event(block, stream) {
  let data = "";
  for (const line of block.split(LINE)) {
    const [, name, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (name === "id") stream.last = value;
    if (name === "data") data += value;
  }
  return data ? JSON.parse(data) : null;
}

function pause(seconds, signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, 1000 * seconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
