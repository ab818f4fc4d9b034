import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They take minutes: last, they would keep one core waiting. */
const LONGEST = ['kill-and-resume.test.ts', 'faults.test.ts', 'webgpu.test.ts'];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLongest = ({ moduleId }: TestSpecification) => LONGEST.some((name) => moduleId.endsWith(`/${name}`));
    const sorted = await super.sort(files);
    return [...sorted.filter(isLongest), ...sorted.filter((file) => !isLongest(file))];
  }
}

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.mjs'],
    setupFiles: ['test/support/empty-folder.ts', 'test/support/property-seed.ts'],
    pool: 'forks',
    sequence: { sequencer: LongestFirst },
    // One more than the cores that CI has: many tests wait for processes.
    maxWorkers: 3,
    // The files of a worker share its modules: loading them for each took a sixth of the time.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
