// Which room may import which: the table of docs/architecture.md. `test/import-direction.test.ts` plants violations.
// A room is a folder of src/ (or a single file there); what it names stands for that folder and all within.

/** Rooms that every other may import. */
const GROUND = ['errors.ts', 'version.ts', 'storage.ts', 'arithmetic'];

const NETWORKS = ['random', 'genome', 'network'];
const TRAINING = [...NETWORKS, 'data/set', 'engine', 'evaluation'];
const DATA = ['data/set', 'data/labels', 'data/containers', 'data/pixels'];
const RECORDS = ['search/config', 'search/records'];
const SEARCHING = [...RECORDS, 'search/budget', 'search/candidates'];

const MAY_IMPORT = {
  arithmetic: [],
  'concurrency.ts': [],
  text: [],
  random: [],
  files: ['text'],
  genome: ['random', 'text'],
  evolution: ['genome', 'random'],
  network: ['genome', 'random'],
  'data/set': ['random', 'arithmetic'],
  'data/labels': ['data/set', 'files', 'text'],
  'data/containers': ['data/labels', 'files', 'text', 'concurrency.ts'],
  'data/pixels': ['data/set', 'files', 'concurrency.ts'],
  'data/layout': ['data/set', 'data/labels', 'data/containers', 'data/pixels', 'files', 'text'],
  'data/build': ['data/set', 'data/labels', 'data/pixels', 'random', 'files', 'text'],
  'data/cache': ['data/set', 'data/pixels', 'files'],
  'data/formats': [...DATA, 'data/layout', 'random', 'files', 'text', 'concurrency.ts'],
  data: ['random', 'files', 'text', 'concurrency.ts'],
  backbone: [...NETWORKS, 'data', 'engine', 'files', 'concurrency.ts'],
  engine: [...NETWORKS, 'data/set'],
  'evaluation/node': [...TRAINING, 'data/cache', 'files'],
  'evaluation/queue': [...TRAINING, 'data/cache', 'files', 'text', 'concurrency.ts'],
  evaluation: TRAINING,
  'search/config': [...TRAINING, 'text'],
  'search/records': [...TRAINING, 'evolution', 'search/config'],
  'search/budget': [...TRAINING, ...RECORDS],
  'search/candidates': [...TRAINING, 'evolution', 'text', ...RECORDS, 'search/budget'],
  'search/callbacks': [...TRAINING, 'text', ...RECORDS],
  'search/model': [...TRAINING, 'text', ...RECORDS],
  'search/winner': [...TRAINING, 'evolution', 'concurrency.ts', ...SEARCHING, 'search/model'],
  'search/final': [...TRAINING, 'concurrency.ts', 'text', ...SEARCHING, 'search/model', 'search/winner'],
  'search/tensorboard': [...TRAINING, 'files', ...RECORDS],
  'search/run': [...TRAINING, 'data', 'files', ...RECORDS],
  'search/shared': [...TRAINING, 'files', ...SEARCHING, 'search/run'],
  'search/trained': [...TRAINING, 'data', 'files', 'text', 'concurrency.ts', ...RECORDS, 'search/run'],
  'search/suspects': [...TRAINING, 'data', 'files', 'concurrency.ts', 'search'],
  'search/auto-cnn': [...TRAINING, 'evolution', 'data', 'files', 'text', 'search'],
  search: [...TRAINING, 'evolution', 'data', 'files', 'text', 'backbone'],
  export: [...NETWORKS, 'engine', 'data', 'files', 'text', ...RECORDS, 'search/run', 'search/model', 'search/trained'],
  report: [
    ...NETWORKS,
    'engine',
    'data',
    'files',
    'text',
    ...RECORDS,
    'search/run',
    'search/trained',
    'search/suspects',
  ],
  cli: ['index.ts', 'internal.ts'],
};

/** Rooms whose code also runs in a browser: no Node.js module there, and no import from a room where there is one. */
const PORTABLE = [
  'errors.ts',
  'version.ts',
  'storage.ts',
  'concurrency.ts',
  'arithmetic',
  'text',
  ...TRAINING,
  'evolution',
  ...SEARCHING,
  'search/callbacks',
  'search/model',
  'search/winner',
  'search/final',
  'search/search.ts',
];
/** Within them, the rooms that are not. */
const NODE_ONLY = ['engine/node', 'evaluation/node', 'evaluation/queue'];

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

const portable = { path: `^src/(${pattern(PORTABLE)})`, pathNot: `\\.test\\.ts$|^src/(${pattern(NODE_ONLY)})` };

export default {
  forbidden: [
    ...direction,
    {
      name: 'errors-import-nothing',
      severity: 'error',
      from: { path: '^src/errors\\.ts$' },
      to: { path: '^src/' },
    },
    { name: 'portable-without-node', severity: 'error', from: portable, to: { dependencyTypes: ['core'] } },
    {
      name: 'portable-imports-portable',
      severity: 'error',
      from: portable,
      to: { path: [`^src/(${pattern(NODE_ONLY)})`, `^src/(?!${pattern(PORTABLE)})`] },
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
