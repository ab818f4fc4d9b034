// What a search may spend, in work, counted in the order in which genomes are asked: workers and clocks have no say in it.

/** So many genomes in a row that were asked before: the search space has no others, as good as certainly. */
const MAX_REPEATED = 1000;

/** Of the work of a genome, at least so much is charged, so that each has a place of its own in the account. */
const LEAST_CHARGE = 0.01;

interface Admitted {
  /** Charged before it. */
  readonly charged: number;
  /** Work of all before it. */
  readonly work: number;
}

export class WorkAccount {
  readonly #limit: number;
  readonly #before = new Map<string, Admitted>();
  /** Never shrinks but at an early end; `#work` less what refunds paid for. */
  #charged = 0;
  #work = 0;
  #refunded = 0;
  #repeated = 0;

  /** @param limit  without it, any number of genomes may be asked. */
  constructor(limit: number | undefined) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
  }

  /** Work of all that was admitted, but for what was refunded. */
  get spent(): number {
    return this.#work - this.#refunded;
  }

  /** How many genomes were admitted, each counted once. */
  get admitted(): number {
    return this.#before.size;
  }

  /** Whether a genome was admitted before; it costs nothing then. */
  has(id: string): boolean {
    return this.#before.has(id);
  }

  /** @returns false if it does not fit, or nothing new comes: the search is over. */
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

  /** Work that admitted genomes turned out not to need. It pays for those that are admitted next. */
  refund(work: number): void {
    this.#refunded += work;
  }

  /**
   * Takes back a genome and all after it. A search with the limit that is returned, and the same refunds, ends right before
   * it.
   *
   * @returns what was charged for all that was admitted before it.
   */
  endBefore(id: string): number {
    const { charged, work } = this.#before.get(id) ?? { charged: this.#charged, work: this.#work };
    for (const [other, before] of this.#before) if (before.charged >= charged) this.#before.delete(other);
    this.#charged = charged;
    this.#work = work;
    return charged;
  }
}
