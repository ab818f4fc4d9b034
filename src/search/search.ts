// A search from start to finish: find the best network, choose which to train fully, train it, finish the run.

import { EventEmitter } from 'eventemitter3';
import { EvaluationError } from '../errors.ts';
import type { Evaluator } from '../evaluation/evaluator.ts';
import { parseGenome } from '../genome/text.ts';
import { canTellApart } from './budget/budget-plan.ts';
import { scoredImages, searchImages } from './budget/candidate-work.ts';
import { noticeOfSplits } from './budget/fitness-splits.ts';
import { findBest } from './candidates/find-best.ts';
import { RunSession } from './candidates/run-session.ts';
import { NO_SEARCH } from './candidates/search-result.ts';
import type { RunConfig } from './config/config.ts';
import type { DataSize } from './config/network-input.ts';
import { SEARCH_SHARE } from './config/undecided-keys.ts';
import { BestSoFar } from './final/best-so-far.ts';
import { chooseWeights } from './final/choose-weights.ts';
import { crossValidate } from './final/cross-validate.ts';
import { decideFinal } from './final/decide-final.ts';
import { trainFinals } from './final/final-training.ts';
import { finishRun } from './final/finish-run.ts';
import type { SearchEvents } from './records/events.ts';
import type { OpenRun } from './records/open-run.ts';
import { describeDataset, type SearchSummary } from './records/summary.ts';
import { chooseWinner, type Winner } from './winner/choose-winner.ts';

/**
 * One search in one run folder. To resume, the strategy runs again from its seed and gets known results from the journal,
 * so a resumed search equals an uninterrupted one.
 */
export class Search extends EventEmitter<SearchEvents> {
  readonly #session: RunSession;
  readonly #bestSoFar: BestSoFar;

  /** @internal */
  constructor(run: OpenRun, evaluator: Evaluator) {
    super();
    this.#session = new RunSession(run, evaluator, this);
    this.#bestSoFar = new BestSoFar(run.entries);
    this.on('evaluation', (entry) => this.#bestSoFar.add(entry));
    this.on('final', (entry) => this.#bestSoFar.add(entry));
  }

  /** Absolute path of the run folder. */
  get folder(): string {
    return this.#session.run.folder.path;
  }

  /**
   * Runs to the end: search (unless the configuration names a genome), final training, one scoring on the test set. A
   * finished run returns its summary without scoring the test set again.
   *
   * @param options  a signal that interrupts the search, which can then be resumed.
   * @throws {InterruptedError} if the signal is aborted. The journal is complete up to that point, and `model.onnx` is the
   *   best network so far: of the finished final trainings, else of the candidates.
   * @throws {JournalError} if the journal cannot be written, {EvaluationError} if every candidate failed, {RunLockedError}
   *   if another process took over the run while this one was stopped; this process has written nothing since.
   */
  async run(options: { readonly signal?: AbortSignal } = {}): Promise<SearchSummary> {
    const session = this.#session;
    const { lost } = session.run;
    const signal = options.signal ? AbortSignal.any([options.signal, lost]) : lost;
    this.#announce();
    try {
      const summary = session.run.summary ?? (await this.#work(signal));
      this.emit('end', summary);
      return summary;
    } catch (error) {
      session.run.checkOwner();
      if (error instanceof EvaluationError && error.reason === 'cancelled') {
        throw await this.#bestSoFar.interrupted(session.run, error);
      }
      throw error;
    } finally {
      await this.close();
    }
  }

  /** Ends the child processes and releases the run folder. `run` calls this itself. */
  async close(): Promise<void> {
    await this.#session.evaluator.close();
    this.#session.run.close();
  }

  async #work(signal: AbortSignal): Promise<SearchSummary> {
    const session = this.#session;
    const { genome } = session.config;
    const found = genome === undefined ? await findBest(session, signal) : undefined;
    const winner: Winner =
      found === undefined
        ? { genome: parseGenome(genome ?? ''), evaluation: undefined }
        : await chooseWinner(found, session, signal);
    const searchSeconds = found === undefined ? 0 : session.elapsedSeconds();
    const adjustSteps = await decideFinal(session, winner, found, signal);
    const tried = await trainFinals(session, winner.genome, adjustSteps, signal);
    const chosen = await chooseWeights(winner, tried, session.run);
    const crossValidation = await crossValidate(session, winner.genome, tried, signal);
    return finishRun(
      session,
      { winner, tried, chosen, crossValidation },
      { ...(found?.counts ?? NO_SEARCH), searchSeconds },
    );
  }

  #announce(): void {
    const { run, config } = this.#session;
    this.emit('start', {
      folder: run.folder.path,
      config,
      dataset: describeDataset(run.dataset),
      journalled: run.entries.filter(({ type }) => type === 'evaluation').length,
      elapsedSeconds: this.#session.elapsedSeconds(),
      notices: [...run.notices, ...noticesOfPlan(config, run.dataSize)],
    });
  }
}

/** That a budget is left to one network has to be said: the command was to search; so has that candidates train several times. */
function noticesOfPlan(config: RunConfig, data: DataSize): readonly string[] {
  const { searchShare, genome, backbone } = config;
  const { validation: heldOut } = searchImages(config, data);
  const splits = noticeOfSplits(config, scoredImages(config, data));
  if (splits !== undefined) return [splits];
  if (searchShare !== 0 || genome === undefined) return [];
  const why = canTellApart(config, data)
    ? 'with so many images it is too short for a search to pay'
    : `the ${heldOut} images held out for validation are too few to tell a better one from chance`;
  const what =
    backbone === undefined
      ? `All of the budget goes to one network, ${genome}`
      : 'Only the classifier behind the backbone is trained';
  return [`${what}: ${why}. --search-share ${SEARCH_SHARE} (searchShare) searches all the same.`];
}
