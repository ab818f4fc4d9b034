import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['src/**/*.test.ts', 'test/**/*.test.ts', 'bench/**/*.test.mjs'],
    setupFiles: ['test/support/empty-folder.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // The files of a worker share its modules: loading them for each took a sixth of the time.
    isolate: false,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
