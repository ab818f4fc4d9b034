// Notices that a search has too few trainings at a time for its workers.

import { counted, percent } from '../../text/figures.ts';

/** Idle for more than this share of the time is worth a note. */
const IDLE_SHARE = 0.2;
/** Looks before a share means something: a minute of beats. */
const LOOKS = 20;

export class IdleWatch {
  #looks = 0;
  #busy = 0;
  #places = 0;
  #most = 0;
  #isSaid = false;

  /**
   * Called regularly while the search has candidates.
   *
   * @param pending  trainings that the search has asked for.
   * @param slots    trainings that the workers do at the same time.
   * @returns a note, once.
   */
  look(pending: number, slots: number): string | undefined {
    if (slots === 0 || this.#isSaid) return undefined;
    this.#looks++;
    this.#busy += Math.min(pending, slots);
    this.#places += slots;
    this.#most = Math.max(this.#most, pending);
    const idle = 1 - this.#busy / this.#places;
    if (this.#looks < LOOKS || idle <= IDLE_SHARE) return undefined;
    this.#isSaid = true;
    const why =
      this.#most < slots
        ? `this search has had ${counted(this.#most, 'training')} at the same time at most, and there is room for ${slots}`
        : 'they wait for the last networks of a generation';
    return `workers are idle ${percent(idle, 0)} of the time: ${why}; a larger --population keeps more of them busy, and --strategy steady-state waits for no generation (both change the search)`;
  }
}
