// Asking again and again while somebody looks. A call that fails is tried more and more gently, never given up.

const SLOWEST = 30;

/**
 * Ask every so many seconds, and tell what became of it: the last good answer and when it came, and what went wrong
 * since. Returns what asks at once, and what ends it.
 */
export function poll(ask, seconds, tell) {
  const state = { data: null, at: null, failure: null, failures: 0 };
  const leaving = new AbortController();
  let timer = 0;
  let asking = false;
  let again = false;

  async function turn() {
    clearTimeout(timer);
    if (asking) {
      again = true;
      return;
    }
    asking = true;
    again = false;
    try {
      const data = await ask(leaving.signal);
      Object.assign(state, { data, at: new Date(), failure: null, failures: 0 });
    } catch (error) {
      Object.assign(state, { failure: error, failures: state.failures + 1 });
    }
    asking = false;
    if (leaving.signal.aborted) return;
    tell(state);
    if (again) turn();
    else plan();
  }

  function plan() {
    clearTimeout(timer);
    if (!document.hidden)
      timer = setTimeout(turn, 1000 * Math.min(SLOWEST, seconds * 2 ** Math.min(state.failures, 10)));
  }

  function seen() {
    if (!document.hidden) turn();
  }

  document.addEventListener("visibilitychange", seen);
  turn();
  return {
    now: turn,
    end() {
      leaving.abort();
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", seen);
    },
  };
}
