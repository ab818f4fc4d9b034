// The files of a run folder: `config.json`, `journal.jsonl`, `checkpoints/`, `tensorboard/`, `model.onnx`, `backbone.onnx`, `MODEL.md`,
// `generations.json`, `test-predictions.json`, `summary.json`, `report.html`.

import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { InvalidInputError } from '../../errors.ts';
import { ensureFolder } from '../../files/ensure-folder.ts';
import { fileFailure } from '../../files/file-failure.ts';
import { acquireLock } from '../../files/lock.ts';
import { removeUnfinishedWrites, writeFileAtomicallySync } from '../../files/write-file.ts';
import type { SearchConfig } from '../config/config.ts';
import { valueAt } from '../config/config-issue.ts';
import type { RunFolder } from '../records/run-folder.ts';
import type { SearchSummary } from '../records/summary.ts';
import type { DataPlace } from './data-place.ts';
import { resolveConfig } from './resolve-config.ts';

function runFolderAt(path: string): RunFolder {
  const root = resolve(path);
  return {
    path: root,
    config: join(root, 'config.json'),
    journal: join(root, 'journal.jsonl'),
    lock: join(root, 'lock'),
    tensorboard: join(root, 'tensorboard'),
    model: join(root, 'model.onnx'),
    backbone: join(root, 'backbone.onnx'),
    start: join(root, 'start.safetensors'),
    card: join(root, 'MODEL.md'),
    summary: join(root, 'summary.json'),
    generations: join(root, 'generations.json'),
    predictions: join(root, 'test-predictions.json'),
    report: join(root, 'report.html'),
    rounds: (id = '') => join(root, 'rounds', id),
    roundState: (id, state) => join(root, 'rounds', id, `${state}.safetensors`),
    scratch: (name) => join(root, name),
    checkpoint: (id) => join(root, 'checkpoints', `${id}.safetensors`),
  };
}

/**
 * Creates the folder of a new run.
 *
 * @param out   path of the folder; default: `runs/NAME-1`, or the next free number.
 * @param name  name of the data set, for the default folder name.
 * @throws {InvalidInputError} if `out` is already a run, contains other files, or cannot be created.
 */
export function createRunFolder(out: string | undefined, name: string): RunFolder {
  if (out === undefined) return createNumbered(name);
  const folder = runFolderAt(out);
  if (existsSync(folder.config) || existsSync(folder.journal)) {
    throw new InvalidInputError(
      `${folder.path} is already a run; continue it with "auto-cnn resume ${out}", or give another folder with --out`,
      { details: { path: folder.path } },
    );
  }
  makeFolder(folder.path, true);
  if (readdirSync(folder.path).length > 0) {
    throw new InvalidInputError(`${folder.path} is neither empty nor a run; give an empty or a new folder with --out`, {
      details: { path: folder.path },
    });
  }
  return folder;
}

/**
 * The folder and configuration of an existing run.
 *
 * @throws {InvalidInputError} if the path is not a run.
 */
export function openRunFolder(path: string): { readonly folder: RunFolder; readonly config: SearchConfig } {
  const folder = runFolderAt(path);
  if (!existsSync(folder.path)) {
    throw new InvalidInputError(
      `the folder ${folder.path} does not exist; give the folder of a run, such as runs/mnist-1`,
      {
        details: { path: folder.path },
      },
    );
  }
  if (!existsSync(folder.config)) {
    throw new InvalidInputError(
      `${folder.path} is not a run: it has no config.json; give a folder that "auto-cnn search" created`,
      { details: { path: folder.path } },
    );
  }
  const config = resolveConfig(readConfigFile(folder.config), folder.config);
  return { folder: withCheckpointDir(folder, config), config };
}

/**
 * The summary of a run; undefined if the run is not finished. It is written last and atomically.
 *
 * @throws {InvalidInputError} if it is not valid JSON.
 */
export function readSummary({ summary }: RunFolder): SearchSummary | undefined {
  return existsSync(summary) ? (readJson(summary, 'the summary') as SearchSummary) : undefined;
}

/**
 * Changes the place of the data in `config.json`, and nothing else. Only the owner of the folder may call this.
 *
 * @throws {InvalidInputError} if it cannot be written.
 */
export function recordPlace({ config }: RunFolder, { source, path }: DataPlace): void {
  const stored = readConfigFile(config);
  const dataset = { ...Object.assign({}, valueAt(stored, ['dataset'])), source, path };
  writeFileAtomicallySync(config, `${JSON.stringify({ ...Object.assign({}, stored), dataset }, null, 2)}\n`);
}

/** @throws {InvalidInputError} if the file cannot be read or is not valid JSON. */
export function readConfigFile(path: string): unknown {
  return readJson(path, 'the configuration');
}

/** @throws {InvalidInputError} if the file cannot be read or is not valid JSON. */
export function readJson(path: string, what: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw fileFailure('read', path, error);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = (cause as Error).message.replaceAll(/\s+/g, ' ');
    throw new InvalidInputError(`${what} ${path} is not valid JSON: ${reason}; fix it or restore it from a copy`, {
      details: { path },
      cause,
    });
  }
}

/**
 * Removes the unfinished files of processes that were killed while writing. Only the owner of the folder may call this. It
 * does not touch a checkpoint folder that runs share, because others may be writing there.
 */
export function removeLeftovers(folder: RunFolder): void {
  removeUnfinishedWrites(folder.path);
  removeUnfinishedCheckpoints(folder);
}

/**
 * {@link removeLeftovers} of a run that nobody works on.
 *
 * @throws {RunLockedError} if somebody does; {InvalidInputError} if the folder cannot be written.
 */
export async function tidyRunFolder(folder: RunFolder): Promise<void> {
  const lock = await acquireLock(folder.lock);
  try {
    removeLeftovers(folder);
  } finally {
    lock.release();
  }
}

/** Removes partial weights left by child processes that were killed. Must not be called during a training. */
export function removeUnfinishedCheckpoints({ path }: RunFolder): void {
  removeUnfinishedWrites(join(path, 'checkpoints'));
}

/** The run folder with checkpoints in the configured folder, if there is one. */
export function withCheckpointDir(folder: RunFolder, { checkpointDir }: SearchConfig): RunFolder {
  if (checkpointDir === undefined) return folder;
  return { ...folder, checkpoint: (id) => join(checkpointDir, `${id}.safetensors`) };
}

function createNumbered(name: string): RunFolder {
  makeFolder('runs', true);
  const stem = name.replace(/[^A-Za-z0-9._-]+/g, '-').replace(/^[-.]+/, '') || 'run';
  for (let number = 1; ; number++) {
    const path = join('runs', `${stem}-${number}`);
    if (existsSync(path)) continue;
    // Another process may take the name first; whoever creates the folder owns it.
    if (makeFolder(path, false)) return runFolderAt(path);
  }
}

/**
 * @returns false if the folder already exists and `mayExist` is false.
 * @throws {InvalidInputError} if the folder cannot be created.
 */
export function makeFolder(path: string, mayExist: boolean): boolean {
  try {
    if (mayExist) ensureFolder(path);
    else mkdirSync(path);
    return true;
  } catch (cause) {
    if (!mayExist && (cause as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw fileFailure('create the folder', resolve(path), cause);
  }
}
