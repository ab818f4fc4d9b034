// The versions a run records.

/** Of this package: `package.json` says the same, which a test checks. */
export const VERSION = '0.1.0';

export interface Versions {
  readonly autoCnn: string;
  readonly runtime: string;
  /** Of Node.js; `none` in a browser. */
  readonly node: string;
}

/** @param runtime  the ONNX runtime's name and version. */
export function versionsWith(runtime: string): Versions {
  return { autoCnn: VERSION, runtime, node: globalThis.process?.version ?? 'none' };
}
