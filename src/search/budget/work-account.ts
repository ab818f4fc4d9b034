// Counts the work that a search spends, in the order in which genomes are asked for. Neither the number of workers nor the
// clock affects the count.

/** After this many repeated genomes in a row, the search space almost certainly has no new ones. */
const MAX_REPEATED = 1000;

/** At least this share of a genome's work is charged, so that each genome has its own position in the account. */
const LEAST_CHARGE = 0.01;

interface Admitted {
  /** Amount charged before it. */
  readonly charged: number;
  /** Work of all genomes before it. */
  readonly work: number;
}

export class WorkAccount {
  #limit: number;
  readonly #before = new Map<string, Admitted>();
  /** `#work` minus what refunds paid for. Only an early end makes it smaller. */
  #charged = 0;
  #work = 0;
  #refunded = 0;
  #repeated = 0;

  /** @param limit  if undefined, the account admits any number of genomes. */
  constructor(limit: number | undefined) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
  }

  /** Work of all admitted genomes, minus refunds. */
  get spent(): number {
    return this.#work - this.#refunded;
  }

  /** Number of distinct genomes admitted. */
  get admitted(): number {
    return this.#before.size;
  }

  get limit(): number {
    return this.#limit;
  }

  /** What counts against the limit. */
  get charged(): number {
    return this.#charged;
  }

  /** Another limit for the genomes from here on. */
  changeLimit(limit: number): void {
    this.#limit = limit;
  }

  /** Whether a genome was admitted before; it then costs nothing. */
  has(id: string): boolean {
    return this.#before.has(id);
  }

  /** @returns false if the genome does not fit or no new genomes appear: the search is over. */
  admit(id: string, work: number): boolean {
    if (this.has(id)) return ++this.#repeated < MAX_REPEATED || this.#limit === Number.POSITIVE_INFINITY;
    const credit = this.#refunded - (this.#work - this.#charged);
    const charge = Math.max(work - credit, LEAST_CHARGE * work);
    if (this.#charged + charge > this.#limit) return false;
    this.#repeated = 0;
    this.#before.set(id, { charged: this.#charged, work: this.#work });
    this.#charged += charge;
    this.#work += work;
    return true;
  }

  /** Returns work that admitted genomes turned out not to need. It pays for the genomes admitted next. */
  refund(work: number): void {
    this.#refunded += work;
  }

  /**
   * Removes a genome and all admitted after it. A search with the returned limit and the same refunds ends right before
   * this genome.
   *
   * @returns the amount charged for all genomes admitted before it.
   */
  endBefore(id: string): number {
    const { charged, work } = this.#before.get(id) ?? { charged: this.#charged, work: this.#work };
    for (const [other, before] of this.#before) if (before.charged >= charged) this.#before.delete(other);
    this.#charged = charged;
    this.#work = work;
    return charged;
  }
}
