import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { abortAfter, callAfter } from './long-timer.ts';

const HOUR_MS = 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('callAfter', () => {
  it.each([1, 24, 1000, 1000 * HOUR_MS, 2 ** 31 - 1, 2 ** 31, 3 * 2 ** 31])('waits %i ms and calls once', (ms) => {
    const callback = vi.fn();
    callAfter(ms, callback);
    vi.advanceTimersByTime(Math.max(0, ms - 1));
    expect(callback).toHaveBeenCalledTimes(0);
    vi.advanceTimersByTime(2);
    expect(callback).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([1, 1000])('calls nothing after it was cancelled, %i h of 2000 h having passed', (hours) => {
    const callback = vi.fn();
    const timer = callAfter(2000 * HOUR_MS, callback);
    vi.advanceTimersByTime(hours * HOUR_MS);
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(3000 * HOUR_MS);
    expect(callback).not.toHaveBeenCalled();
  });
});

it('a signal is aborted after 1000 hours and not before', () => {
  const signal = abortAfter(1000 * HOUR_MS);
  vi.advanceTimersByTime(999 * HOUR_MS);
  expect(signal.aborted).toBe(false);
  vi.advanceTimersByTime(HOUR_MS);
  expect(signal.aborted).toBe(true);
});
