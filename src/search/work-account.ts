// What a search may spend, in work, counted in the order in which genomes are asked: workers and clocks have no say in it.

/** So many genomes in a row that were asked before: the search space has no others, as good as certainly. */
const MAX_REPEATED = 1000;

export class WorkAccount {
  readonly #limit: number;
  readonly #spentBefore = new Map<string, number>();
  #spent = 0;
  #repeated = 0;

  /** @param limit  without it, any number of genomes may be asked. */
  constructor(limit: number | undefined) {
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
  }

  /** Work of all that was admitted. */
  get spent(): number {
    return this.#spent;
  }

  /** How many genomes were admitted, each counted once. */
  get admitted(): number {
    return this.#spentBefore.size;
  }

  /** Whether a genome was admitted before; it costs nothing then. */
  has(id: string): boolean {
    return this.#spentBefore.has(id);
  }

  /** @returns false if it does not fit, or nothing new comes: the search is over. */
  admit(id: string, work: number): boolean {
    if (this.has(id)) return ++this.#repeated < MAX_REPEATED || this.#limit === Number.POSITIVE_INFINITY;
    if (this.#spent + work > this.#limit) return false;
    this.#repeated = 0;
    this.#spentBefore.set(id, this.#spent);
    this.#spent += work;
    return true;
  }

  /**
   * Takes back a genome and all after it. A search with the limit that is returned ends right before it.
   *
   * @returns the work of all that was admitted before it.
   */
  endBefore(id: string): number {
    const spent = this.#spentBefore.get(id) ?? this.#spent;
    for (const [other, before] of this.#spentBefore) if (before >= spent) this.#spentBefore.delete(other);
    this.#spent = spent;
    return spent;
  }
}
