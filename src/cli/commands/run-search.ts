// What `search`, `train` and `resume` share: they run a search, show it, and end it cleanly.

import { join } from 'node:path';
import { AutoCnnError, InterruptedError, type Search, type SearchSummary, writeReport } from '../../index.ts';
import { EXIT, isAbort } from '../exit.ts';
import { coloursFor, type Terminal } from '../terminal.ts';
import { createSearchView } from '../view/create-search-view.ts';
import { percent, shellWord, shownGenome, shownPath } from '../view/format.ts';
import { followSearch } from '../view/run-state.ts';
import type { SearchView } from '../view/search-view.ts';
import { describeSummary } from '../view/summary-text.ts';

/**
 * Opens a search, runs it and prints the result.
 *
 * @param open  makes the search; the view that it is given shows the loading of the data.
 * @returns the exit code.
 */
export async function runSearch(
  terminal: Terminal,
  json: boolean,
  open: (view: SearchView) => Promise<Search>,
): Promise<number> {
  const view = createSearchView(terminal, json);
  let source = '';
  try {
    const search = await open(view);
    search.on('start', ({ config }) => {
      source = config.dataset.source;
    });
    followSearch(search, view.show);
    const summary = await search.run({ signal: terminal.signal });
    view.stop();
    await drawReport(terminal, search.folder);
    printSummary(terminal, json, summary, search.folder, source);
    return EXIT.done;
  } catch (error) {
    view.stop();
    if (!(error instanceof InterruptedError) && !isAbort(error)) throw error;
    for (const line of describeInterruption(error, terminal.command)) terminal.stderr.write(`${line}\n`);
    return EXIT.interrupted;
  }
}

/**
 * A run is done even if its report cannot be written.
 *
 * @param prepare  before it is written.
 */
export async function drawReport({ stderr }: Terminal, folder: string, prepare?: () => Promise<void>): Promise<void> {
  try {
    await prepare?.();
    await writeReport(folder);
  } catch (error) {
    if (!(error instanceof AutoCnnError)) throw error;
    stderr.write(`note: the report could not be written: ${error.message}\n`);
  }
}

export function printSummary(
  { stdout, env, command }: Terminal,
  json: boolean,
  summary: SearchSummary,
  folder: string,
  source: string,
): void {
  if (json) stdout.write(`${JSON.stringify({ ...summary, folder })}\n`);
  else stdout.write(`${describeSummary(summary, folder, source, command, coloursFor(stdout, env)).join('\n')}\n`);
}

/** Nothing for a final training, which has no fitness. */
function shownFitness(fitness: number | undefined): string[] {
  return fitness === undefined ? [] : [percent(fitness)];
}

/** How to resume, if the run has a folder already. */
function describeInterruption(error: Error, command: string): string[] {
  if (!(error instanceof AutoCnnError)) return ['interrupted; nothing was begun'];
  const { path, best } = error.details as { path: string; best?: { genome: string; fitness?: number } };
  const folder = shownPath(path);
  return [
    `interrupted; resume with: ${command} resume ${shellWord(folder)}`,
    ...(best === undefined
      ? []
      : [
          `best so far: ${[...shownFitness(best.fitness), shownGenome(best.genome), join(folder, 'model.onnx')].join('  ')}`,
        ]),
  ];
}
