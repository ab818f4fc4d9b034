// Which lowering a runtime gets: that for graphics processors on an accelerator; on a processor the blocked one, where it
// has the operators and computes with them what plain graphs compute.

import { EngineError, InvalidInputError } from '../../errors.ts';
import { blockedName, isBlocked, type LoweringName, loweringNamed } from '../../network/lowering/lowerings.ts';
import { isAccelerator } from '../device.ts';
import type { Runtime } from '../runtime.ts';
import { probeBlockSize } from './block-size.ts';
import { disagreement } from './compare-lowerings.ts';

/** `auto`: the fastest that works. `blocked`: with this processor's block size, or not at all. */
export type LoweringChoice = 'auto' | 'blocked' | LoweringName;

export interface ChosenLowering {
  readonly name: LoweringName;
  /** What the user should know about the choice. */
  readonly notice?: string;
}

/** What this runtime has of the blocked layout. */
type Finding =
  | { readonly name: LoweringName; readonly trouble?: undefined }
  | { readonly name?: undefined; readonly trouble: string; readonly isSurprising: boolean };

/**
 * Settles on a lowering.
 *
 * @throws {InvalidInputError} if a blocked one is asked for that cannot be had here.
 */
export async function chooseLowering(runtime: Runtime, choice: LoweringChoice): Promise<ChosenLowering> {
  if (choice === 'auto' && isAccelerator(runtime.device)) return { name: 'gpu' };
  if (choice === 'plain' || choice === 'gpu') return { name: choice };
  const found = await findBlocked(runtime);
  if (choice === 'auto') {
    if (found.trouble === undefined) return { name: found.name };
    const notice = `${found.trouble}; training goes on with the plain lowering, which is slower`;
    return { name: 'plain', ...(found.isSurprising && { notice }) };
  }
  if (found.trouble === undefined && (choice === 'blocked' || choice === found.name)) return { name: found.name };
  const reason = found.trouble ?? `this processor's is ${found.name}`;
  throw new InvalidInputError(
    `the lowering ${choice} cannot be had: ${reason}; use auto or plain for a new search, and resume a search on a machine like the one it began on`,
    { details: { lowering: choice, reason } },
  );
}

/**
 * The same runtime, for graphs of the given lowering. A process tries a blocked lowering out before it uses it.
 *
 * @throws {EngineError} if it does not work here: another lowering would give results that are not what they are called.
 */
export async function withLowering(runtime: Runtime, name: LoweringName): Promise<Runtime> {
  if (isBlocked(name)) {
    const found = await findBlocked(runtime);
    if (found.name !== name) {
      const reason = found.trouble ?? `this processor's is ${found.name}`;
      throw new EngineError(
        `the lowering ${name} does not work here: ${reason}; start a search with --lowering plain`,
        {
          details: { lowering: name, reason },
        },
      );
    }
  }
  return { ...runtime, lowering: loweringNamed(name) };
}

const findings = new WeakMap<Runtime, Promise<Finding>>();

function findBlocked(runtime: Runtime): Promise<Finding> {
  const known = findings.get(runtime) ?? tryBlocked(runtime);
  findings.set(runtime, known);
  return known;
}

/** Takes over that a lowering works here, which another process of this machine found out with the same runtime. */
export function adoptLowering(runtime: Runtime, name: LoweringName): void {
  if (isBlocked(name)) findings.set(runtime, Promise.resolve({ name }));
}

async function tryBlocked(runtime: Runtime): Promise<Finding> {
  const blockSize = await probeBlockSize(runtime);
  const name = blockSize === undefined ? undefined : blockedName(blockSize);
  if (name === undefined) {
    return { trouble: `${runtime.name} has no blocked operators that we know`, isSurprising: false };
  }
  const trouble = await disagreement(runtime, loweringNamed(name));
  return trouble === undefined ? { name } : { trouble: `${runtime.name}, ${name}: ${trouble}`, isSurprising: true };
}
