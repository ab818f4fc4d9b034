import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.mjs'],
    setupFiles: ['test/support/empty-folder.ts', 'test/support/property-seed.ts'],
    pool: 'forks',
    // One more than the cores that CI has: many tests wait for processes.
    maxWorkers: 3,
    // The files of a worker share its modules: loading them for each took a sixth of the time.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
