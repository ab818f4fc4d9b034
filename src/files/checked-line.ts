// Lines of files that are appended to: each is a JSON object with a check sum, which shows whether the line is damaged.

import { createHash } from 'node:crypto';

/** The object with its check sum as the last key; without a line end. */
export function encodeLine(content: object): string {
  const text = JSON.stringify(content);
  return `${text.slice(0, -1)},"check":"${checkSum(text)}"}`;
}

/** @returns undefined if the line is not what was written. */
export function decodeLine(line: string): object | undefined {
  const match = /,"check":"([0-9a-f]{8})"\}$/.exec(line);
  if (match === null) return undefined;
  const text = `${line.slice(0, match.index)}}`;
  return checkSum(text) === match[1] ? (JSON.parse(text) as object) : undefined;
}

function checkSum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}
