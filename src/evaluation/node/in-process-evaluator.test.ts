import { describeEvaluator } from '../../../test/support/evaluator-contract.ts';
import { runtime } from '../../../test/support/run-graph.ts';
import { InProcessEvaluator } from './in-process-evaluator.ts';

describeEvaluator('InProcessEvaluator', () => new InProcessEvaluator(runtime));
