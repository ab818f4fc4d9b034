// Where networks are trained: one of ONNX Runtime's execution providers.

/** What networks are trained on: the processor, natively or in WebAssembly, or an accelerator. */
export type Device = 'cpu' | 'wasm' | 'webgpu' | 'cuda' | 'coreml' | 'dml';

export const DEVICES: readonly Device[] = ['cpu', 'wasm', 'webgpu', 'cuda', 'coreml', 'dml'];

/** Any number of processes may train on a processor; an accelerator is one for all of them. */
export function isAccelerator(device: Device): boolean {
  return device !== 'cpu' && device !== 'wasm';
}

/** The device that a configuration names; the processor until `auto` is settled. */
export function deviceOf({ device = 'cpu' }: { readonly device?: Device | 'auto' | undefined }): Device {
  return device === 'auto' ? 'cpu' : device;
}
