// The pool's child where onnxruntime-node is not installed.

import '../without-native.mjs';

await import('../../../dist/evaluation/node/worker.js');
