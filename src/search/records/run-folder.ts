// The paths of the files of a run.

export interface RunFolder {
  /** Absolute path of the folder. */
  readonly path: string;
  readonly config: string;
  readonly journal: string;
  readonly lock: string;
  /** Folder of the event files. */
  readonly tensorboard: string;
  readonly model: string;
  /** The extractor of the features, if the run has one. */
  readonly backbone: string;
  /** The weights that its networks start from, if it starts from another run. */
  readonly start: string;
  /** The model card. */
  readonly card: string;
  readonly summary: string;
  /** The results of each generation. */
  readonly generations: string;
  /** The model's prediction for each test image. */
  readonly predictions: string;
  /** The HTML report. */
  readonly report: string;
  /** Folder of the states of a final training in rounds, while it runs; without an id, the folder of all of them. */
  rounds(id?: string): string;
  /** File of one of these states. */
  roundState(id: string, state: string): string;
  /** A temporary file that is removed before the run ends. */
  scratch(name: string): string;
  /** File of a task's weights; in the configured checkpoint folder, if there is one. */
  checkpoint(id: string): string;
}
