// The paths of what a run leaves.

export interface RunFolder {
  /** Absolute. */
  readonly path: string;
  readonly config: string;
  readonly journal: string;
  readonly lock: string;
  /** Of event files. */
  readonly tensorboard: string;
  readonly model: string;
  /** For its readers. */
  readonly card: string;
  readonly summary: string;
  /** How the population did in each generation. */
  readonly generations: string;
  /** What the model answered for each test image. */
  readonly predictions: string;
  /** Its pictures. */
  readonly report: string;
  /** Folder of the states of a final training in rounds, while it runs; without an id, of all of them. */
  rounds(id?: string): string;
  /** Of one of these states. */
  roundState(id: string, state: string): string;
  /** Of a file that is removed before the run is done. */
  scratch(name: string): string;
  /** Of a task's weights; in the folder that the configuration names, if it does. */
  checkpoint(id: string): string;
}
