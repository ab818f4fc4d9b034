// The versions that a run records.

/** Version of this package. A test checks that it matches `package.json`. */
export const VERSION = '0.1.0';

export interface Versions {
  readonly autoCnn: string;
  readonly runtime: string;
  /** Version of Node.js; `none` in a browser. */
  readonly node: string;
}

/** @param runtime  the ONNX runtime's name and version. */
export function versionsWith(runtime: string): Versions {
  return { autoCnn: VERSION, runtime, node: globalThis.process?.version ?? 'none' };
}
