// Evaluates in a pool of child processes, one thread each. A child that dies is replaced and its task tried again.

import { fileURLToPath } from 'node:url';
import { type Pool, pool, TerminateError } from 'workerpool';
import { findIntact } from '../../data/cache/intact-files.ts';
import { type Device, isAccelerator } from '../../engine/device.ts';
import { engineKind } from '../../engine/engine-kind.ts';
import { loadRuntime } from '../../engine/node/load-runtime.ts';
import { kindTriedApart } from '../../engine/node/try-devices.ts';
import { EvaluationError } from '../../errors.ts';
import type { LoweringName } from '../../network/lowering/lowerings.ts';
import { cancelledError, type EvaluateOptions, type Evaluator, failedOutcome } from '../evaluator.ts';
import { callAfter } from '../long-timer.ts';
import type { TrainingSpeed } from '../measure-speed.ts';
import type { EvaluationOutcome, EvaluationTask } from '../task.ts';
import { timeLimitOf } from '../time-limit.ts';
import { ChildDeathError, countMemoryKills } from './child-death.ts';
import type { PackedFileFacts } from './packed-data.ts';
import { fromWireError, type WireAnswer, type WireProgress, type WireSpeed } from './protocol.ts';
import { Turns } from './turns.ts';

/** How a {@link ProcessPoolEvaluator} works. */
export interface ProcessPoolOptions {
  /** Number of child processes. */
  readonly workers: number;
  /** Longest a candidate's training may take before it counts as failed; without it, any time. Final trainings have no limit. */
  readonly timeoutMs?: number | undefined;
  /**
   * What they train on. Default: cpu.
   *
   * @internal
   */
  readonly device?: Device;
  /**
   * The child's script; the built one unless a test says otherwise.
   *
   * @internal
   */
  readonly script?: URL;
}

const WORKER = new URL('./worker.js', import.meta.url);
/** A task whose child has died so often beside others, whose fault it may have been, is run alone. */
const DEATHS_TOGETHER = 3;
/** A task whose child dies so often in a row while nothing else is trained counts as failed. */
const DEATHS_ALONE = 3;
/** A child has this time to end; after a second of it, the pool sends it a signal. */
const LONGEST_END_MS = 3000;
/** Characters that are kept. */
const LONGEST_OUTPUT = 1000;

/** Trains candidates in child processes of this machine, one thread each. */
export class ProcessPoolEvaluator implements Evaluator {
  readonly concurrency: number;
  readonly #script: URL;
  readonly #timeoutMs: number;
  readonly #device: Device;
  readonly #provenKinds = new Set<string>();
  readonly #turns: Turns;
  readonly #closing = new AbortController();
  #pool: Pool;
  #ended: Promise<void> | undefined;

  constructor({ workers, timeoutMs = Number.POSITIVE_INFINITY, device = 'cpu', script = WORKER }: ProcessPoolOptions) {
    this.concurrency = workers;
    this.#device = device;
    this.#script = script;
    this.#timeoutMs = timeoutMs;
    this.#turns = new Turns(workers);
    this.#pool = this.#createPool();
  }

  async evaluate(task: EvaluationTask, options: EvaluateOptions = {}): Promise<EvaluationOutcome> {
    const { signal } = options;
    const stop = signal ? AbortSignal.any([signal, this.#closing.signal]) : this.#closing.signal;
    try {
      await this.#proveKind(task);
      const stoppable = { ...options, signal: stop };
      const outcome = (await this.#evaluateTogether(task, stoppable)) ?? (await this.#evaluateAlone(task, stoppable));
      // Its driver may have lost the device, or another program its memory: a new process starts afresh.
      return this.#mayBeDevice(outcome) ? await this.#evaluateAlone(task, stoppable, true) : outcome;
    } catch (error) {
      if (stop.aborted) throw cancelledError(error);
      if (error instanceof EvaluationError) return failedOutcome(error);
      throw error;
    }
  }

  /** Children need not find out again what this process, on the same machine, knows of its engine. */
  async #proveKind({ engineKind: kind, lowering = 'plain' }: EvaluationTask): Promise<void> {
    if (kind === undefined || this.#provenKinds.has(kind)) return;
    const here = isAccelerator(this.#device)
      ? kindTriedApart(this.#device, lowering)
      : await loadRuntime(this.#device)
          .then((runtime) => engineKind(runtime, lowering))
          .catch(() => undefined);
    if (here === kind) this.#provenKinds.add(kind);
  }

  /** All children at the same time, as they share the machine's memory and caches; the mean. */
  async measureSpeed(
    lowering: LoweringName,
    signal?: AbortSignal,
  ): Promise<{ readonly rate: number; readonly byteWork: number }> {
    const measure = async (): Promise<TrainingSpeed> => {
      signal?.throwIfAborted();
      const asked = this.#pool.exec('measure', [lowering, this.#device]);
      const cancel = (): void => void asked.cancel();
      signal?.addEventListener('abort', cancel, { once: true });
      try {
        const answer: WireSpeed = await asked;
        if ('error' in answer) throw fromWireError(answer.error);
        return answer;
      } finally {
        signal?.removeEventListener('abort', cancel);
      }
    };
    const tryToMeasure = async (deaths = 0): Promise<TrainingSpeed> => {
      try {
        return await measure();
      } catch (error) {
        signal?.throwIfAborted();
        if (!(error instanceof TerminateError)) throw error;
        if (deaths + 1 < DEATHS_TOGETHER) return tryToMeasure(deaths + 1);
        const { circumstances, details } = new ChildDeathError(error);
        const message = `child processes died ${DEATHS_TOGETHER} times while this machine's speed was measured (${circumstances}); try again with fewer workers`;
        throw new EvaluationError('crashed', message, { details, cause: error });
      }
    };
    const speeds = await Promise.all(Array.from({ length: this.concurrency }, () => tryToMeasure()));
    const meanOf = (key: keyof TrainingSpeed): number =>
      speeds.reduce((sum, speed) => sum + speed[key], 0) / speeds.length;
    return { rate: meanOf('rate'), byteWork: Number(meanOf('byteWork').toPrecision(2)) };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    // A pool that is asked to end twice at a time answers once.
    await this.#ended;
    await endPool(this.#pool);
  }

  /** @returns undefined if its children died. With one place for all, there is no company to suspect. */
  async #evaluateTogether(task: EvaluationTask, options: TaskOptions): Promise<EvaluationOutcome | undefined> {
    if (this.concurrency === 1) return undefined;
    const leave = await this.#turns.take(1, options.signal);
    try {
      return await this.#try(DEATHS_TOGETHER, task, options);
    } catch (error) {
      if (error instanceof ChildDeathError) return undefined;
      throw error;
    } finally {
      leave();
    }
  }

  #mayBeDevice({ failure }: EvaluationOutcome): boolean {
    return isAccelerator(this.#device) && (failure?.reason === 'error' || failure?.reason === 'out-of-memory');
  }

  async #evaluateAlone(task: EvaluationTask, options: TaskOptions, anew = false): Promise<EvaluationOutcome> {
    const leave = await this.#turns.take(this.#turns.places, options.signal);
    try {
      if (anew || this.concurrency > 1) await this.#endChildren();
      return await this.#try(DEATHS_ALONE, task, options);
    } catch (error) {
      if (!(error instanceof ChildDeathError)) throw error;
      const { circumstances, details, cause } = error;
      const message = `its process died ${DEATHS_ALONE} times in a row while nothing else was trained (${circumstances}); if memory ran out, limit the networks' size or train on fewer or smaller images`;
      throw new EvaluationError('crashed', message, { details, cause });
    } finally {
      leave();
    }
  }

  /** @throws {ChildDeathError} the last death, if there were too many. */
  async #try(times: number, task: EvaluationTask, options: TaskOptions): Promise<EvaluationOutcome> {
    for (let deaths = 1; ; deaths++) {
      try {
        return await this.#attempt(task, options);
      } catch (error) {
        if (!(error instanceof ChildDeathError) || deaths === times) throw error;
      }
    }
  }

  async #attempt(task: EvaluationTask, options: TaskOptions): Promise<EvaluationOutcome> {
    const { onProgress, signal, threads = 1 } = options;
    signal.throwIfAborted();
    const killsBefore = countMemoryKills();
    let child: WireProgress | undefined;
    let ended: 'late' | 'cancelled' | undefined;
    let said = '';
    const on = (news: WireProgress | ChildOutput) => {
      if (!('pid' in news)) {
        said = `${said}${news.stderr ?? ''}`.slice(-LONGEST_OUTPUT);
        return;
      }
      child = news;
      if (ended !== undefined) kill(child.pid);
      else if (news.progress !== undefined) onProgress?.(news.progress);
    };
    // Not by the pool's `cancel`: where the child dies in that very moment, the pool waits for its end for ever. A child
    // that is starting tells its process id as the first thing.
    const end = (why: 'late' | 'cancelled'): void => {
      ended ??= why;
      if (child !== undefined) kill(child.pid);
    };
    const isKindProven = this.#provenKinds.has(task.engineKind ?? '');
    const packedFile: PackedFileFacts = { holders: this.concurrency, intact: findIntact(task.dataset.path) };
    const running = this.#pool.exec('evaluate', [task, packedFile, isKindProven, threads, this.#device], { on });
    const timer = callAfter(timeLimitOf(task, this.#timeoutMs), () => end('late'));
    const cancel = () => end('cancelled');
    signal.addEventListener('abort', cancel, { once: true });
    try {
      const answer: WireAnswer = await running;
      if ('error' in answer) throw fromWireError(answer.error);
      return answer.outcome;
    } catch (cause) {
      if (ended === 'late')
        throw new EvaluationError('timeout', `it took longer than ${this.#timeoutMs / 1000} s`, { cause });
      if (!(cause instanceof TerminateError)) throw cause;
      // The child had died while it was idle: the task never reached it, and the pool has a new one now.
      if (cause.message === 'Worker is terminated') return this.#attempt(task, options);
      throw new ChildDeathError(cause, child?.residentBytes, killsBefore, said);
    } finally {
      timer.cancel();
      signal.removeEventListener('abort', cancel);
    }
  }

  /** Those that wait for work hold memory, too. */
  async #endChildren(): Promise<void> {
    this.#ended = endPool(this.#pool);
    await this.#ended;
    this.#pool = this.#createPool();
  }

  #createPool(): Pool {
    return pool(fileURLToPath(this.#script), {
      workerType: 'process',
      maxWorkers: this.concurrency,
      // Drivers have a lot to say, and people are to see what the search says.
      emitStdStreams: isAccelerator(this.#device),
      forkOpts: { serialization: 'advanced' },
    });
  }
}

/** What a child on an accelerator prints. */
interface ChildOutput {
  readonly stderr?: string;
}

/** Also cancelled when the evaluator is closed. */
type TaskOptions = EvaluateOptions & Required<Pick<EvaluateOptions, 'signal'>>;

/** Waits only so long for a child: one that died just now, or is stopped, does not answer the pool. */
async function endPool(ending: Pool): Promise<void> {
  try {
    await ending.terminate(true, LONGEST_END_MS);
  } catch {
    // It was sent a signal, too.
  }
}

/** At once, and also if it is stopped. It may have ended by itself. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
