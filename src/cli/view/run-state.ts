// What the views show of a running search, kept up to date from its events.

import {
  type Candidate,
  type EpochRecord,
  type EvaluationEntry,
  estimateCost,
  type GenerationEvent,
  parseGenome,
  type Search,
  type SearchEvents,
  type StartEvent,
} from '../../index.ts';
import { networkInputOf, searchImages, splitsOf, trainingsOf, usedImages } from '../../internal.ts';

export interface RunState {
  readonly start: StartEvent;
  /** In milliseconds, by the clock that `updateRunState` is given. */
  readonly startedAt: number;
  readonly generation: number;
  /** Candidates of this generation, and earlier ones that are not done; each genome once. */
  readonly candidates: readonly CandidateState[];
  /** How many genomes the strategy has asked for, counting repeats. */
  readonly asked: number;
  /** Every evaluation so far, by genome, of earlier sessions too. */
  readonly known: ReadonlyMap<string, EvaluationEntry>;
  readonly best?: EvaluationEntry;
  /** The best fitness after each evaluation, from the first success. */
  readonly bestCurve: readonly number[];
  /** Survivors of the last generation, the fittest first. */
  readonly population: readonly MemberState[];
  /** Expected evaluations: exact for what has begun, an upper bound for the rest. */
  readonly total: number;
  /** Final trainings, in the order in which they began. */
  readonly finals: readonly FinalState[];
  /** The one that is furthest from its end, which the views show. */
  readonly final?: FinalState;
}

export interface CandidateState {
  readonly genome: string;
  readonly parameters: number;
  readonly training?: TrainingState;
}

export interface MemberState {
  readonly genome: string;
  readonly parameters: number;
  readonly fitness: number;
}

export interface TrainingState {
  readonly startedAt: number;
  readonly step: number;
  /** 0 before the first step. */
  readonly totalSteps: number;
}

export interface FinalState extends TrainingState {
  readonly id: string;
  /** From 1 to `repeats` or `ensemble` of the configuration. */
  readonly repeat: number;
  readonly ended: boolean;
  readonly genome: string;
  readonly epochs: readonly EpochRecord[];
  /** The machine that trains it, if it is not that of the search. */
  readonly machine?: string | undefined;
}

export type RunEvent = {
  [K in keyof SearchEvents]: { readonly type: K; readonly event: SearchEvents[K][0] };
}[keyof SearchEvents];

/** Calls the listener with every event. */
export function followSearch(search: Search, listener: (event: RunEvent) => void): void {
  search.on('start', (event) => listener({ type: 'start', event }));
  search.on('generationStart', (event) => listener({ type: 'generationStart', event }));
  search.on('evaluationStart', (event) => listener({ type: 'evaluationStart', event }));
  search.on('progress', (event) => listener({ type: 'progress', event }));
  search.on('evaluation', (event) => listener({ type: 'evaluation', event }));
  search.on('generation', (event) => listener({ type: 'generation', event }));
  search.on('frontStart', (event) => listener({ type: 'frontStart', event }));
  search.on('finalStart', (event) => listener({ type: 'finalStart', event }));
  search.on('finalProgress', (event) => listener({ type: 'finalProgress', event }));
  search.on('final', (event) => listener({ type: 'final', event }));
  search.on('config', (event) => listener({ type: 'config', event }));
  search.on('notice', (event) => listener({ type: 'notice', event }));
  search.on('end', (event) => listener({ type: 'end', event }));
}

/** @param state  undefined before the start event. */
export function updateRunState(
  state: RunState | undefined,
  { type, event }: RunEvent,
  now: number,
): RunState | undefined {
  if (type === 'start') return startState(event, now);
  if (state === undefined) return undefined;
  switch (type) {
    case 'generationStart': {
      const known = new Map(state.known);
      for (const entry of event.answered) known.set(entry.genome, entry);
      const isNext = event.generation !== state.generation;
      const kept = state.candidates.filter(({ genome }) => !isNext || !known.has(genome));
      const added = new Set(event.genomes);
      for (const { genome } of kept) added.delete(genome);
      const candidates = [
        ...kept,
        ...[...added].map((genome) => ({ genome, parameters: parametersOf(genome, state.start) })),
      ];
      const asked = state.asked + event.genomes.length;
      const unfinished = candidates.filter(({ genome }) => !known.has(genome)).length;
      const total = known.size + unfinished + Math.max(0, evaluationsOf(state.start) - asked);
      return event.answered.reduce(withBest, {
        ...state,
        generation: event.generation,
        candidates,
        asked,
        known,
        total,
      });
    }
    case 'evaluationStart':
      return withTraining(state, event, { startedAt: now, step: 0, totalSteps: 0 });
    case 'progress': {
      const { step, totalSteps } = event.progress;
      const startedAt = state.candidates.find(({ genome }) => genome === event.genome)?.training?.startedAt ?? now;
      return withTraining(state, event, { startedAt, step, totalSteps });
    }
    case 'evaluation':
      return withBest({ ...state, known: new Map(state.known).set(event.genome, event) }, event);
    case 'generation':
      return { ...state, population: membersOf(event.population, state.start) };
    case 'frontStart': {
      // They are candidates again until their new outcomes arrive.
      const genomes = new Set(event.genomes);
      const known = new Map([...state.known].filter(([genome]) => !genomes.has(genome)));
      const candidates = event.genomes.map((genome) => ({ genome, parameters: parametersOf(genome, state.start) }));
      return { ...state, candidates, known };
    }
    case 'finalStart':
      return withFinals(state, [
        ...state.finals,
        { ...event, startedAt: now, step: 0, totalSteps: 0, epochs: [], ended: false },
      ]);
    case 'finalProgress': {
      const { step, totalSteps, epoch, machine } = event.progress;
      const added = epoch === undefined ? [] : [epoch];
      return withFinal(state, event.id, ({ epochs, ...before }) => ({
        ...{ step, totalSteps, epochs: [...epochs, ...added] },
        // Rounds report their epochs afterwards.
        machine: epoch === undefined ? machine : (machine ?? before.machine),
      }));
    }
    case 'final':
      return withFinal(state, event.id, () => ({ ended: true }));
    case 'config':
      return { ...state, start: { ...state.start, config: event } };
    default:
      return state;
  }
}

/** Epochs of the final training as planned now; its length may change on the way. */
export function finalEpochs({ config, dataset }: StartEvent, { step, totalSteps }: TrainingState) {
  if (totalSteps === 0) return { epoch: 1, total: Math.ceil(config.finalEpochs) };
  const perEpoch = Math.ceil(usedImages(config, dataset) / config.training.batchSize);
  const total = Math.ceil(totalSteps / perEpoch);
  return { epoch: Math.min(total, Math.floor(step / perEpoch) + 1), total };
}

/** Seconds that the run has taken, including earlier sessions. */
export function secondsSpent({ start, startedAt }: RunState, now: number): number {
  return start.elapsedSeconds + (now - startedAt) / 1000;
}

/**
 * Seconds that are left: by the budget, or estimated from what was measured. Undefined before the first measurement, and for
 * a budget in FLOPs.
 */
export function secondsLeft(state: RunState, now: number): number | undefined {
  const { final, known, total, start } = state;
  const { budget, generations } = start.config;
  if (budget !== undefined && 'seconds' in budget) return Math.max(0, budget.seconds - secondsSpent(state, now));
  if (final !== undefined) {
    if (final.step === 0) return undefined;
    const whole = (((now - final.startedAt) / 1000) * final.totalSteps) / final.step;
    const latest = Math.max(...state.finals.map(({ repeat }) => repeat));
    return (
      whole *
      (1 - final.step / final.totalSteps + Math.ceil((trainingsOf(start.config) - latest) / start.config.workers))
    );
  }
  if (generations === null) return undefined;
  const running = state.candidates.flatMap(({ genome, training }) =>
    training === undefined || training.step === 0 || known.has(genome)
      ? []
      : [{ spent: (now - training.startedAt) / 1000, share: training.step / training.totalSteps }],
  );
  const complete = [...known.values()].map(({ seconds }) => seconds);
  const early = running.filter(({ share }) => share >= TELLING_SHARE).map(({ spent, share }) => spent / share);
  const forecasts = complete.length > 0 ? complete : early;
  if (forecasts.length === 0) return undefined;
  const mean = forecasts.reduce((sum, seconds) => sum + seconds, 0) / forecasts.length;
  const left = Math.max(0, total - known.size) - running.reduce((sum, { share }) => sum + share, 0);
  return (left * mean) / start.config.workers + finalSeconds(state, mean);
}

/** A training tells how long it takes once this share is done; before that, starting up dominates. */
const TELLING_SHARE = 0.25;

/** Estimated from the best candidate: the final training has more epochs on more images. */
function finalSeconds({ best, start }: RunState, mean: number): number {
  const { config, dataset } = start;
  const all = usedImages(config, dataset);
  const searched = Math.min(config.searchLimit ?? all, searchImages(config, dataset).train);
  const epochs = (config.equalCompute && best?.history.length) || config.training.epochs;
  const once = ((best?.seconds ?? mean) * config.finalEpochs * all) / (splitsOf(config) * epochs * searched);
  return once * Math.ceil(trainingsOf(config) / config.workers);
}

function startState(start: StartEvent, now: number): RunState {
  const total = evaluationsOf(start);
  const nothing = {
    candidates: [],
    finals: [],
    asked: 0,
    known: new Map<string, EvaluationEntry>(),
    bestCurve: [],
    population: [],
  };
  return { start, startedAt: now, generation: 0, ...nothing, total };
}

/** How many genomes the strategy will ask for, counting repeats; those of the first generation if the number is open. */
function evaluationsOf({ config: { population, generations, genome } }: StartEvent): number {
  return genome === undefined ? population * ((generations ?? 0) + 1) : 0;
}

function withTraining(state: RunState, { genome }: Candidate, training: TrainingState): RunState {
  const candidates = state.candidates.map((candidate) =>
    candidate.genome === genome ? { ...candidate, training } : candidate,
  );
  return { ...state, candidates };
}

function withFinal(state: RunState, id: string, change: (final: FinalState) => Partial<FinalState>): RunState {
  const changed = (final: FinalState) => (final.id === id ? { ...final, ...change(final) } : final);
  return withFinals(state, state.finals.map(changed));
}

/** Once all have ended, the last one stays in view. */
function withFinals(state: RunState, finals: readonly FinalState[]): RunState {
  const share = ({ step, totalSteps, ended }: FinalState) => (ended ? 2 : totalSteps === 0 ? 0 : step / totalSteps);
  const final = finals.reduce<FinalState | undefined>(
    (least, other) => (least === undefined || share(other) < share(least) ? other : least),
    undefined,
  );
  return { ...state, finals, ...(final && { final }) };
}

function withBest(state: RunState, entry: EvaluationEntry): RunState {
  const isBetter = entry.failure === undefined && (state.best === undefined || entry.fitness > state.best.fitness);
  const best = isBetter ? entry : state.best;
  return best === undefined ? state : { ...state, best, bestCurve: [...state.bestCurve, best.fitness] };
}

/** Each genome once; a strategy may hold several copies. */
function membersOf(population: GenerationEvent['population'], start: StartEvent): readonly MemberState[] {
  const fitnesses = new Map(population.map(({ genome, fitness }) => [genome, fitness]));
  return [...fitnesses]
    .map(([genome, fitness]) => ({ genome, parameters: parametersOf(genome, start), fitness }))
    .toSorted((a, b) => b.fitness - a.fitness);
}

function parametersOf(genome: string, { config, dataset }: StartEvent): number {
  return estimateCost(parseGenome(genome), networkInputOf(config, dataset)).parameters;
}
