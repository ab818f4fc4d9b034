// Lines of files that are appended to: a JSON object with a check sum, so that a line that is damaged is known as such.

import { createHash } from 'node:crypto';

/** The object with its check sum as last key; without the line's end. */
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
