import { describeEvaluator } from '../../../test/support/evaluator-contract.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { loadWasmRuntime } from '../../engine/node/onnxruntime-web.ts';
import { InProcessEvaluator } from './in-process-evaluator.ts';

describeEvaluator('InProcessEvaluator', () => new InProcessEvaluator(runtime));

const wasm = await loadWasmRuntime();
describeEvaluator('InProcessEvaluator on WebAssembly', () => new InProcessEvaluator(wasm), wasm);
