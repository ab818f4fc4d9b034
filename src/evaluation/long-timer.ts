// Timers for any length of time. The platform's own wait 24.8 days at most: given a longer time, they fire at once.

/** The longest that `setTimeout` can wait, and whatever is built on it. */
const LONGEST_MS = 2 ** 31 - 1;

export interface Timer {
  /** The callback is not called any more. */
  cancel(): void;
  /** It does not keep the process alive. (In a browser, nothing does.) */
  unref(): void;
}

/** Calls back once, after a time of any length. */
export function callAfter(ms: number, callback: () => void): Timer {
  let isUnref = false;
  let timer: ReturnType<typeof setTimeout>;
  const wait = (left: number): void => {
    timer = left > LONGEST_MS ? setTimeout(() => wait(left - LONGEST_MS), LONGEST_MS) : setTimeout(callback, left);
    if (isUnref && typeof timer === 'object') timer.unref();
  };
  wait(ms);
  return {
    cancel: () => clearTimeout(timer),
    unref() {
      isUnref = true;
      if (typeof timer === 'object') timer.unref();
    },
  };
}

/** `AbortSignal.timeout` for a time of any length; it does not keep the process alive either. */
export function abortAfter(ms: number): AbortSignal {
  const controller = new AbortController();
  callAfter(ms, () => controller.abort()).unref();
  return controller.signal;
}
