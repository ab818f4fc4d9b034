// The import directions of docs/architecture.md, one rule a folder. `test/import-direction.test.ts` plants violations.

const MAY_IMPORT = {
  random: [],
  genome: ['random'],
  evolution: ['genome', 'random'],
  network: ['genome', 'random'],
  data: ['random'],
  engine: ['network', 'data', 'random'],
  evaluation: ['genome', 'network', 'data', 'engine', 'random'],
  search: ['genome', 'evolution', 'network', 'data', 'engine', 'evaluation', 'random'],
  export: ['search', 'network', 'genome'],
  report: ['search', 'network', 'genome', 'data'],
};

/** Folders whose code also runs in a browser: no Node.js module may appear there. */
const PORTABLE = ['random', 'genome', 'evolution', 'network'];

const direction = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `${folder}-imports`,
  severity: 'error',
  from: { path: `^src/${folder}/`, pathNot: '\\.test\\.ts$' },
  to: { path: '^src/', pathNot: `^src/(errors\\.ts$|(${[folder, ...allowed].join('|')})/)` },
}));

export default {
  forbidden: [
    ...direction,
    {
      name: 'cli-imports-only-the-library',
      severity: 'error',
      from: { path: '^src/cli/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(cli/|index\\.ts$)' },
    },
    {
      name: 'errors-import-nothing',
      severity: 'error',
      from: { path: '^src/errors\\.ts$' },
      to: { path: '^src/' },
    },
    {
      name: 'core-without-node',
      severity: 'error',
      from: { path: `^src/(errors\\.ts|(${PORTABLE.join('|')})/|engine/[^/]+\\.ts)`, pathNot: '\\.test\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'engine-core-is-portable',
      severity: 'error',
      from: { path: '^src/engine/[^/]+\\.ts$', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/engine/node/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.mjs'] },
  },
};
