// How the user called the program. Messages name the next command that way, so that it can be pasted.

import { realpathSync } from 'node:fs';
import { delimiter, join, sep } from 'node:path';
import { shellWord, shownPath } from './view/format.ts';

/** What a process knows of how it was called. */
export interface Invocation {
  /** The script, as `process.argv[1]` names it. */
  readonly script: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The working directory. */
  readonly cwd: string;
}

/**
 * The command that runs the program again: `npx auto-cnn` (or its like in another package manager) where a project has
 * installed it, `auto-cnn` where it is on the PATH, otherwise `node` with the script.
 */
export function invokedAs({ script, env, cwd }: Invocation): string {
  const project = projectOf(script);
  if (project !== undefined && env.npm_command === 'exec') return runnerOf(env);
  if (isOnPath(script, env)) return 'auto-cnn';
  if (project !== undefined && `${cwd}${sep}`.startsWith(project)) return runnerOf(env);
  return `node ${shellWord(shownPath(script, cwd))}`;
}

/**
 * Rewrites the commands that a message quotes to what the user types.
 *
 * @param command  what `invokedAs` gives.
 */
export function withCommands(message: string, command: string): string {
  return message.replaceAll(/(["“`])auto-cnn (?=[a-z])/g, (_, quote: string) => `${quote}${command} `);
}

const RUNNERS: Readonly<Record<string, string>> = { pnpm: 'pnpm exec', yarn: 'yarn', bun: 'bunx' };

function runnerOf({ npm_config_user_agent: agent = '' }: Invocation['env']): string {
  return `${RUNNERS[agent.split('/')[0] ?? ''] ?? 'npx'} auto-cnn`;
}

/** The folder whose `node_modules` holds the script, with a separator at its end. */
function projectOf(script: string): string | undefined {
  const at = script.indexOf(`${sep}node_modules${sep}`);
  return at < 0 ? undefined : script.slice(0, at + 1);
}

/** Package managers put `node_modules/.bin` on the PATH of what they run; the user's shell does not have it. */
function isOnPath(script: string, { PATH = '', Path = PATH }: Invocation['env']): boolean {
  const folders = Path.split(delimiter).filter(
    (folder) => folder !== '' && !folder.endsWith(join('node_modules', '.bin')),
  );
  const real = realPath(script);
  return folders.some((folder) => {
    if (real !== undefined && realPath(join(folder, 'auto-cnn')) === real) return true;
    // On Windows, what lies on the PATH is a file that calls the script in `node_modules` beside it.
    return (
      realPath(join(folder, 'auto-cnn.cmd')) !== undefined && script.startsWith(join(folder, 'node_modules') + sep)
    );
  });
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}
