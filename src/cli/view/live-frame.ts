// One picture of a running search: state in, lines out, none wider than the terminal.

import type { Colours } from '../terminal.ts';
import { bar, cell, counted, duration, grouped, percent, shorten, shownGenome, sparkline } from './format.ts';
import { describeFinal } from './lines.ts';
import { type CandidateState, type FinalState, type RunState, secondsLeft, secondsSpent } from './run-state.ts';

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** @param now  milliseconds, of the state's clock. */
export function renderFrame(state: RunState, { columns, rows }: FrameSize, now: number, colours: Colours): string[] {
  const width = Math.max(20, Math.min(columns, MAX_WIDTH) - 1);
  const foot = renderFoot(state, width, now, colours);
  // Blank lines, title, the line of what is left out or under way, and the one the cursor is on.
  const space = Math.max(1, rows - foot.length - 5);
  if (state.final !== undefined) return ['', ...renderFinal(state, state.final, space, width, colours), '', ...foot];
  const { generations } = state.start.config;
  const title = `Generation ${state.generation}${generations === null ? '' : ` of ${generations}`}`;
  return [
    '',
    colours.bold(cell(title, width).trimEnd()),
    ...renderCandidates(state, space, width, colours),
    '',
    ...foot,
  ];
}

const MAX_WIDTH = 100;
const STATUS_WIDTH = 22;
const PARAMETERS_WIDTH = 13;
/** Below this, the column of parameters gives way to the genome. */
const NARROW = 60;

function renderCandidates(state: RunState, space: number, width: number, colours: Colours): string[] {
  const { candidates } = state;
  const shown = candidates.length <= space ? candidates : mostTelling(state, space);
  const lines = shown.map((candidate) => renderCandidate(state, candidate, width, colours));
  if (shown.length === candidates.length) return lines;
  return [...lines, colours.dim(shorten(`  … and ${candidates.length - shown.length} more`, width))];
}

/** What is in training, then the best, then what waits, each in the order of the table. */
function mostTelling({ candidates, known }: RunState, count: number): readonly CandidateState[] {
  const rank = ({ genome, training }: CandidateState): number => {
    const entry = known.get(genome);
    if (entry === undefined) return training === undefined ? 1 : -1;
    return entry.failure === undefined ? 1 - entry.fitness : 2;
  };
  const chosen = new Set(candidates.toSorted((a, b) => rank(a) - rank(b)).slice(0, count));
  return candidates.filter((candidate) => chosen.has(candidate));
}

function renderCandidate(
  state: RunState,
  { genome, parameters, training }: CandidateState,
  width: number,
  c: Colours,
): string {
  const parametersWidth = width < NARROW ? 0 : PARAMETERS_WIDTH;
  const statusWidth = Math.min(STATUS_WIDTH, Math.floor(width / 2));
  const name = cell(shownGenome(genome), Math.max(1, width - 2 - parametersWidth - 2 - statusWidth));
  const size = parametersWidth === 0 ? '' : cell(grouped(parameters), parametersWidth, 'right');
  const line = (mark: string, status: string): string =>
    `${mark} ${name}${size}  ${cell(status, statusWidth).trimEnd()}`;
  const entry = state.known.get(genome);
  if (entry?.failure !== undefined) return c.red(line('✖', `failed: ${entry.failure.reason}`));
  if (entry !== undefined) {
    const text = line('✔', percent(entry.fitness));
    return entry.genome === state.best?.genome ? c.green(c.bold(text)) : c.green(text);
  }
  if (training === undefined) return c.dim(line('·', 'waiting'));
  const { epochs } = state.start.config.training;
  const { step, totalSteps } = training;
  const share = totalSteps === 0 ? 0 : step / totalSteps;
  const epoch = Math.min(epochs, Math.floor(share * epochs) + 1);
  return c.cyan(line('●', `epoch ${epoch}/${epochs} ${bar(share, 10)}`));
}

function renderFinal(
  state: RunState,
  { genome, repeat, step, totalSteps, epochs }: FinalState,
  space: number,
  width: number,
  c: Colours,
): string[] {
  const share = totalSteps === 0 ? 0 : step / totalSteps;
  const total = Math.ceil(state.start.config.finalEpochs);
  const epoch = Math.min(total, Math.floor(share * total) + 1);
  const lines = epochs.map(
    (record) =>
      `✔ epoch ${record.epoch}/${total}   loss ${record.loss.toFixed(4)}   accuracy ${percent(record.accuracy)}`,
  );
  const running =
    epochs.length < total
      ? `● epoch ${epoch}/${total}   ${bar(share, 20)}`
      : '● scoring the test images, for the only time';
  return [
    c.bold(shorten(`${describeFinal(state.start.config, genome, repeat)} on all training images`, width)),
    ...lines.slice(-space).map((line) => c.green(shorten(line, width))),
    c.cyan(shorten(running, width)),
  ];
}

function renderFoot(state: RunState, width: number, now: number, c: Colours): string[] {
  const { best, known, total, bestOfGenerations } = state;
  const lines: string[] = [];
  if (best !== undefined) {
    const curve = bestOfGenerations.length < 2 ? '' : `  ${sparkline(bestOfGenerations, 12)}`;
    const head = `Best  ${percent(best.fitness)}  `;
    const genome = shorten(shownGenome(best.genome), Math.max(1, width - head.length - curve.length));
    lines.push(`${c.bold(head)}${genome}${c.green(curve)}`);
  }
  const left = secondsLeft(state, now);
  const spent = secondsSpent(state, now);
  const times = `${duration(spent)}${left === undefined ? '' : `, about ${duration(left)} left`}`;
  const { genome: given, generations } = state.start.config;
  if (given !== undefined) return [shorten(times, width)];
  const counts = generations === null ? counted(known.size, 'network') : `${known.size}/${total} networks`;
  const barWidth = Math.max(0, Math.min(20, width - counts.length - times.length - 6));
  // Of a budget the time, as nobody knows how many networks it is enough for.
  const share = generations === null && left !== undefined ? spent / (spent + left) : known.size / Math.max(1, total);
  const progress = `${bar(share, barWidth)}  ${counts}  ${times}`;
  lines.push(shorten(progress.trimStart(), width));
  return lines;
}
