// Imported before a program: onnxruntime-web then looks for its WebAssembly file where there is none.

import { env } from 'onnxruntime-web';

env.wasm.wasmPaths = { wasm: 'file:///nowhere.wasm' };
