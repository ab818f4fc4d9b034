// Figures as people read them.

import { wilsonInterval } from '../arithmetic/wilson-interval.ts';

/** `61,226`. */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 epoch`, `2,000 epochs`. */
export function counted(count: number, noun: string, plural = `${noun}s`): string {
  return `${grouped(count)} ${count === 1 ? noun : plural}`;
}

/** `1,200 training, 240 validation and 240 test images`; without a validation part, only the two others. */
export function countedParts({ trainExamples, validationExamples, testExamples }: PartCounts): string {
  const held = validationExamples === undefined ? '' : `, ${grouped(validationExamples)} validation`;
  return `${grouped(trainExamples)} training${held} and ${grouped(testExamples)} test images`;
}

/** Numbers of images. */
interface PartCounts {
  readonly trainExamples: number;
  readonly validationExamples?: number;
  readonly testExamples: number;
}

/** `98.42 %`. */
export function percent(share: number, digits = 2): string {
  return `${(100 * share).toFixed(digits)} %`;
}

/** `90 % interval 98.2 to 98.6 %`: how far the accuracy on all images of this kind may be from that on `count` of them. */
export function intervalText(share: number, count: number): string {
  const [low, high] = wilsonInterval(share, count);
  return `90 % interval ${(100 * low).toFixed(2)} to ${percent(high)}`;
}

/** `0.4 s`, `12 s`, `3m 05s`, `2h 07m`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${Math.max(0, seconds).toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const pad = (value: number): string => String(value).padStart(2, '0');
  if (whole < 3600) return `${Math.floor(whole / 60)}m ${pad(whole % 60)}s`;
  return `${Math.floor(whole / 3600)}h ${pad(Math.floor((whole % 3600) / 60))}m`;
}

/** Three digits and a unit, with a step of 1,000 between units: `12.4 M` and the suffix. */
export function scaled(value: number, suffix: string): string {
  const units = ['', 'k', 'M', 'G', 'T', 'P'];
  let [scaledValue, unit] = [value, 0];
  while (scaledValue >= 999.5 && unit < units.length - 1) [scaledValue, unit] = [scaledValue / 1000, unit + 1];
  const digits = unit === 0 || scaledValue >= 99.95 ? 0 : scaledValue >= 9.995 ? 1 : 2;
  return `${scaledValue.toFixed(digits)} ${units[unit]}${suffix}`;
}
