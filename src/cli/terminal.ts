// Where the command line writes, and what it knows of its surroundings: the process, or memory in tests.

import pc from 'picocolors';

export type Output = NodeJS.WritableStream & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

export interface Terminal {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How the user calls the program; see `invokedAs`. */
  readonly command: string;
  /** Aborted by Ctrl-C, by SIGTERM, or when nobody reads the output any more. */
  readonly signal: AbortSignal;
}

export type Colours = ReturnType<typeof pc.createColors>;

/** Whether the output can be overwritten as it goes. */
export function isInteractive({ stdout, env }: Terminal): boolean {
  return stdout.isTTY === true && env.TERM !== 'dumb';
}

/** NO_COLOR and FORCE_COLOR decide, then whether a terminal reads the output (https://no-color.org). */
export function coloursFor(output: Output, env: Terminal['env']): Colours {
  if (isSet(env.NO_COLOR)) return pc.createColors(false);
  if (isSet(env.FORCE_COLOR)) return pc.createColors(env.FORCE_COLOR !== '0');
  return pc.createColors(output.isTTY === true && env.TERM !== 'dumb');
}

/** Whether locale and terminal show more than ASCII; yes if neither says. */
export function showsUnicode({ env }: Pick<Terminal, 'env'>): boolean {
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find(isSet);
  return env.TERM !== 'linux' && (locale === undefined || /utf-?8/i.test(locale));
}

const isSet = (variable: string | undefined): boolean => variable !== undefined && variable !== '';

/** When the process began, by `performance.now()`; a budget counts from then. */
export const PROCESS_START = 0;
