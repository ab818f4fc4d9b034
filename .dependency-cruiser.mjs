// Which room may import which: the table of docs/architecture.md. `test/import-direction.test.ts` plants violations.
// A room is a folder of src/ (or a single file there); what it names stands for that folder and all within.

/** Rooms that every other may import. */
const GROUND = ['errors.ts', 'version.ts'];

const MAY_IMPORT = {
  'concurrency.ts': [],
  text: [],
  random: [],
  files: ['text'],
  genome: ['random', 'text'],
  evolution: ['genome', 'random'],
  network: ['genome', 'random'],
  'data/set': ['random'],
  'data/labels': ['files'],
  'data/containers': ['files'],
  'data/pixels': ['data/set', 'files', 'concurrency.ts'],
  'data/build': ['data/set', 'data/labels', 'data/pixels', 'random', 'files', 'text'],
  'data/cache': ['data/set', 'data/pixels', 'files'],
  'data/formats': [
    'data/set',
    'data/labels',
    'data/containers',
    'data/pixels',
    'random',
    'files',
    'text',
    'concurrency.ts',
  ],
  data: ['random', 'files', 'text', 'concurrency.ts'],
  engine: ['network', 'data/set', 'random'],
  evaluation: ['genome', 'network', 'data', 'engine', 'random', 'files'],
  search: [
    'genome',
    'evolution',
    'network',
    'data',
    'engine',
    'evaluation',
    'random',
    'files',
    'text',
    'concurrency.ts',
  ],
  export: ['search', 'network', 'genome', 'files', 'text'],
  report: ['search', 'network', 'genome', 'data', 'files', 'text'],
};

/** Rooms whose code also runs in a browser: no Node.js module may appear there. */
const PORTABLE = ['random', 'text', 'genome', 'evolution', 'network', 'data/set'];

const isFile = (room) => room.endsWith('.ts');
const pattern = (rooms) => rooms.map((room) => (isFile(room) ? `${room.replace('.', '\\.')}$` : `${room}/`)).join('|');
/** The rooms within a room have rules of their own. */
const within = (room) => Object.keys(MAY_IMPORT).filter((other) => other.startsWith(`${room}/`));

const direction = Object.entries(MAY_IMPORT).map(([room, allowed]) => ({
  name: `${room.replace('/', '-').replace('.ts', '')}-imports`,
  severity: 'error',
  from: {
    path: `^src/(${pattern([room])})`,
    pathNot: ['\\.test\\.ts$', ...within(room).map((inner) => `^src/${inner}/`)],
  },
  to: { path: '^src/', pathNot: `^src/(${pattern([...GROUND, room, ...allowed])})` },
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
      from: { path: `^src/(errors\\.ts|(${PORTABLE.join('|')})/|engine/)`, pathNot: '\\.test\\.ts$|^src/engine/node/' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'engine-core-is-portable',
      severity: 'error',
      from: { path: '^src/engine/', pathNot: '\\.test\\.ts$|^src/engine/node/' },
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
