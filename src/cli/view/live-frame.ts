// Draws one frame of a running search: state in, lines out, none wider than the terminal.

import type { Colours } from '../terminal.ts';
import {
  bar,
  cell,
  counted,
  duration,
  grouped,
  percent,
  shorten,
  shortenMiddle,
  shownGenome,
  sparkline,
} from './format.ts';
import { describeFinal } from './lines.ts';
import {
  type CandidateState,
  type FinalState,
  finalEpochs,
  type MemberState,
  type RunState,
  secondsLeft,
  secondsSpent,
} from './run-state.ts';

export interface FrameSize {
  readonly columns: number;
  readonly rows: number;
}

/** @param now  in milliseconds, by the clock of the state. */
export function renderFrame(state: RunState, { columns, rows }: FrameSize, now: number, colours: Colours): string[] {
  const width = Math.max(20, Math.min(columns, MAX_WIDTH) - 1);
  const foot = renderFoot(state, width, now, colours);
  // Blank lines, the title, the line about hidden rows or progress, and the line of the cursor.
  const space = Math.max(1, rows - foot.length - 5);
  if (state.final !== undefined) return ['', ...renderFinal(state, state.final, space, width, colours), '', ...foot];
  const { generations } = state.start.config;
  const forPopulation = populationRows(state, space);
  const population = renderPopulation(state, forPopulation, width, colours);
  const title = `Generation ${state.generation}${generations === null ? '' : ` of ${generations}`}`;
  return [
    '',
    colours.bold(cell(title, width).trimEnd()),
    ...renderCandidates(state, space - (forPopulation === 0 ? 0 : forPopulation + POPULATION_FRAME), width, colours),
    '',
    ...(population.length === 0 ? [] : [...population, '']),
    ...foot,
  ];
}

const MAX_WIDTH = 100;
const STATUS_WIDTH = 22;
const PARAMETERS_WIDTH = 13;
/** In narrower terminals the genome takes the place of the column of parameters. */
const NARROW = 60;

/** Lines of the table of survivors besides its rows: the title, the line about hidden rows, a blank. */
const POPULATION_FRAME = 3;

/** Rows for survivors: what candidates leave, at least half; none in a terminal too low for a table. */
function populationRows({ candidates, population }: RunState, space: number): number {
  const room = space - POPULATION_FRAME;
  if (population.length === 0 || room < 8) return 0;
  return Math.min(population.length, Math.max(Math.floor(room / 2), room - candidates.length));
}

/** The fittest survivors, which the candidates descend from. */
function renderPopulation({ population, best }: RunState, rows: number, width: number, c: Colours): string[] {
  if (rows === 0) return [];
  const shown = population.length === rows + 1 ? population : population.slice(0, rows);
  const rest = population.length - shown.length;
  return [
    c.bold('Population'),
    ...shown.map((member) => {
      const line = renderMember(member, width);
      return member.genome === best?.genome ? c.bold(line) : line;
    }),
    ...(rest > 0 ? [c.dim(shorten(`  … and ${rest} more`, width))] : []),
  ];
}

/** A survivor in the columns of the candidates. */
function renderMember({ genome, parameters, fitness }: MemberState, width: number): string {
  return `  ${nameAndSize(genome, parameters, width)}  ${percent(fitness)}`;
}

function nameAndSize(genome: string, parameters: number, width: number): string {
  const parametersWidth = width < NARROW ? 0 : PARAMETERS_WIDTH;
  const nameWidth = Math.max(1, width - 2 - parametersWidth - 2 - statusWidth(width));
  const name = cell(shortenMiddle(shownGenome(genome), nameWidth), nameWidth);
  return parametersWidth === 0 ? name : `${name}${cell(grouped(parameters), parametersWidth, 'right')}`;
}

const statusWidth = (width: number): number => Math.min(STATUS_WIDTH, Math.floor(width / 2));

function renderCandidates(state: RunState, space: number, width: number, colours: Colours): string[] {
  const { candidates } = state;
  // A single hidden row fits into the line that would announce it.
  const shown = candidates.length <= space + 1 ? candidates : mostTelling(state, space);
  const lines = shown.map((candidate) => renderCandidate(state, candidate, width, colours));
  if (shown.length === candidates.length) return lines;
  return [...lines, colours.dim(shorten(`  … and ${candidates.length - shown.length} more`, width))];
}

/** First what is in training, then the best, then what waits, each in the order of the table. */
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
  const line = (mark: string, status: string): string =>
    `${mark} ${nameAndSize(genome, parameters, width)}  ${cell(status, statusWidth(width)).trimEnd()}`;
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

function renderFinal(state: RunState, final: FinalState, space: number, width: number, c: Colours): string[] {
  const { genome, repeat, step, totalSteps, epochs, machine } = final;
  const share = totalSteps === 0 ? 0 : step / totalSteps;
  const { epoch, total } = finalEpochs(state.start, final);
  const lines = epochs.map(
    (record) =>
      `✔ epoch ${record.epoch}/${total}   loss ${record.loss.toFixed(4)}   accuracy ${percent(record.accuracy)}`,
  );
  const running =
    epochs.length < total
      ? `● epoch ${epoch}/${total}   ${bar(share, 20)}`
      : '● scoring the test images, for the only time';
  const { config, dataset } = state.start;
  const place = machine === undefined ? '' : `, by ${machine}`;
  const parts = dataset.validationExamples === undefined ? 'training' : 'training and validation';
  return [
    c.bold(shorten(`${describeFinal(config, genome, repeat)} on all ${parts} images${place}`, width)),
    ...lines.slice(-space).map((line) => c.green(shorten(line, width))),
    c.cyan(shorten(running, width)),
  ];
}

function renderFoot(state: RunState, width: number, now: number, c: Colours): string[] {
  const { best, known, total, bestCurve } = state;
  const lines: string[] = [];
  if (best !== undefined) {
    const curve = bestCurve.length < 2 ? '' : `  ${sparkline(bestCurve, Math.min(20, width - 20))}`;
    const head = `Best  ${percent(best.fitness)}  `;
    const genome = shortenMiddle(shownGenome(best.genome), Math.max(1, width - head.length - curve.length));
    lines.push(`${c.bold(head)}${genome}${c.green(curve)}`);
  }
  const left = secondsLeft(state, now);
  const spent = secondsSpent(state, now);
  const times = `${duration(spent)}${left === undefined ? '' : `, about ${duration(left)} left`}`;
  const { genome: given, generations } = state.start.config;
  if (given !== undefined) return [shorten(times, width)];
  const counts = generations === null ? counted(known.size, 'network') : `${known.size}/${total} networks`;
  const barWidth = Math.max(0, Math.min(20, width - counts.length - times.length - 6));
  // Under a budget the time: how many networks it suffices for is unknown.
  const share = generations === null && left !== undefined ? spent / (spent + left) : known.size / Math.max(1, total);
  const progress = `${bar(share, barWidth)}  ${counts}  ${times}`;
  lines.push(shorten(progress.trimStart(), width));
  return lines;
}
