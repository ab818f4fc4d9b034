// A process that appends so many outcomes to a fitness cache: for the test that several may do so at the same time.

import { FitnessCache } from '../../../dist/search/shared/fitness-cache.js';

const [path, name, count] = process.argv.slice(2);
const cache = FitnessCache.open(path);
for (let i = 0; i < Number(count); i++) {
  const history = Array.from({ length: 40 }, (_, epoch) => ({ epoch: epoch + 1, loss: 1 / (i + 3), accuracy: 0.5 }));
  cache.add(`${name}-${i}`, '8-8', { fitness: i / Number(count), history, bestEpoch: 1 });
}
cache.close();
