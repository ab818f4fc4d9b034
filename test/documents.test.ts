// What the documents tell a reader to type or to open exists.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import * as library from '../src/index.ts';
import { runInProcess } from './support/run-program.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** For users: what these call flags are those of the command line. */
const GUIDES = ['README.md', ...listMarkdown('docs')];
const OTHERS = ['CONTRIBUTING.md', 'bench/README.md', ...listMarkdown('docs/decisions')];

const importCheck: {
  readonly default: {
    readonly forbidden: readonly { readonly name: string; readonly from: { readonly path?: string } }[];
  };
} = await import(new URL('../.dependency-cruiser.mjs', import.meta.url).href);

/** Flags of each command; those of `auto-cnn` itself under the empty name. */
type Flags = ReadonlyMap<string, ReadonlySet<string>>;

describe('the documents', () => {
  let flags: Flags;
  beforeAll(async () => {
    flags = await readFlags();
  });

  it.each(GUIDES)('name no command and no flag that does not exist: %s', (path) => {
    expect(findUnknownFlags(read(path), flags)).toEqual([]);
  });

  it.each([...GUIDES, ...OTHERS])('name no script, no export and no file that does not exist: %s', (path) => {
    const text = read(path);
    expect([...findUnknownScripts(text), ...findUnknownExports(text), ...findDeadLinks(text, path)]).toEqual([]);
  });

  it('give every room of the import check a row', () => {
    expect(findRoomsWithoutRow(read('docs/architecture.md'))).toEqual([]);
  });

  it('name no source that does not exist', () => {
    const paths = ['docs/architecture.md', ...listMarkdown('docs/decisions')];
    expect(paths.flatMap((path) => findUnknownSources(read(path)))).toEqual([]);
  });

  it.each([
    ['`--no-such-flag`', '--no-such-flag'],
    ['```\nnpx auto-cnn predict runs/photos x.jpg --budget 3m\n```', 'auto-cnn predict --budget'],
    ['`auto-cnn serach mnist`', 'auto-cnn serach'],
  ])('would be caught saying %j', (text, found) => {
    expect(findUnknownFlags(text, flags)).toEqual([found]);
  });

  it('would be caught naming a script, an export, a file or a heading that does not exist', () => {
    expect(findUnknownScripts('`npm run no-such-script`, `npm start`')).toEqual(['npm run no-such-script']);
    expect(findUnknownScripts('`node bench/no-such.mjs`')).toEqual(['node bench/no-such.mjs']);
    expect(findUnknownExports("import { AutoCNN, NoSuchThing } from 'auto-cnn';")).toEqual(['NoSuchThing']);
    expect(findUnknownSources('`graph/graph.ts`, `no-such.ts`')).toEqual(['no-such.ts']);
    expect(findRoomsWithoutRow('| `genome/`, `data/set/` |')).toContain('evolution/');
    const links = '[a](gone.md) [b](data.md#gone) <img src="gone.png"> [c](data.md#parts) [d](https://example.org)';
    expect(findDeadLinks(links, 'docs/search.md')).toEqual(['gone.md', 'data.md#gone', 'gone.png']);
  });
});

function listMarkdown(folder: string): string[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.md'));
  return names.map((name) => join(folder, name));
}

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

/** From the help texts. */
async function readFlags(): Promise<Flags> {
  const help = async (...args: readonly string[]): Promise<string> => (await runInProcess(...args, '--help')).stdout;
  const flagsIn = (text: string): Set<string> => new Set(text.match(/(?<=^ {2}(-\w, )?)--[a-z][\w-]*/gm));
  const main = await help();
  const [, listed = ''] = main.split('Commands:');
  const commands = [...listed.matchAll(/^ {2}([a-z]+)/gm)].map(([, name = '']) => name);
  const own = commands.filter((name) => name !== 'help');
  const entries = own.map(async (name) => [name, flagsIn(await help(name))] as const);
  return new Map([['', flagsIn(main)], ...(await Promise.all(entries))]);
}

/** In code: calls of commands that do not exist, or with flags that they do not take; and flags that no command takes. */
function findUnknownFlags(text: string, flags: Flags): string[] {
  const all = new Set([...flags.values()].flatMap((names) => [...names]));
  return codeOf(text).flatMap((line) => {
    if (OTHER_PROGRAM.test(line)) return [];
    const [, command, rest = ''] = /^(?:npx )?auto-cnn ([a-z]+)\b([^#]*)/.exec(line) ?? [];
    const own = command === undefined ? all : flags.get(command);
    if (own === undefined) return [`auto-cnn ${command}`];
    const unknown = flagsOf(command === undefined ? line : rest).filter((flag) => !own.has(flag));
    return unknown.map((flag) => (command === undefined ? flag : `auto-cnn ${command} ${flag}`));
  });
}

/** Has flags of its own. */
const OTHER_PROGRAM = /^(?:\w+=\S+ )?(?:npm|node scripts\/\S+)\s/;

/** Lines of code blocks, and code within lines. */
function codeOf(text: string): string[] {
  const blocks = [...text.matchAll(/^```\w*\n(.*?)^```/gms)].flatMap(([, code = '']) => code.split('\n'));
  const spans = [...text.replaceAll(/^```.*?^```/gms, '').matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);
  return [...blocks, ...spans];
}

/** Of two letters and more: `--x` stands for any. */
function flagsOf(line: string): string[] {
  return line.match(/(?<![\w-])--[a-z][\w-]+/g) ?? [];
}

/** Scripts of `package.json`, and files that are run by their path. */
function findUnknownScripts(text: string): string[] {
  const { scripts }: { readonly scripts: Readonly<Record<string, string>> } = JSON.parse(read('package.json'));
  const named = [...text.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test)\b)/g)];
  const run = [...text.matchAll(/\b(?:node|python3) ([\w/-]+\.(?:mjs|py))/g)];
  return [
    ...named.filter(([, script, short]) => !Object.hasOwn(scripts, script ?? short ?? '')).map(([call]) => call),
    ...run.filter(([, path = '']) => !existsSync(join(root, path))).map(([call]) => call),
  ];
}

/** Types are not among them: they leave nothing at run time. */
function findUnknownExports(text: string): string[] {
  const imports = [...text.matchAll(/^import \{ ([^}]+) \} from 'auto-cnn';/gm)];
  const names = imports.flatMap(([, list = '']) => list.split(/,\s*/));
  return names.filter((name) => !Object.hasOwn(library, name));
}

/** Files in code that end no path in the repository. */
function findUnknownSources(text: string): string[] {
  const files = ['src', 'test', 'scripts', 'bench'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true }).map((name) => `/${folder}/${name}`.replaceAll('\\', '/')),
  );
  const named = [...text.matchAll(/`([\w./-]+\.(?:ts|mjs|py))`/g)].map(([, name = '']) => name);
  return named.filter((name) => !files.some((file) => file.endsWith(`/${name}`)));
}

function findRoomsWithoutRow(text: string): string[] {
  const rooms = importCheck.default.forbidden.flatMap(({ name, from }) => {
    const [, room] = (name.endsWith('-imports') && /^\^src\/\((.*?)\$?\)/.exec(from.path ?? '')) || [];
    return room === undefined ? [] : [room.replaceAll('\\', '')];
  });
  const rows = text.split('\n').filter((line) => line.startsWith('|'));
  return rooms.filter((room) => !rows.some((row) => row.split(' | ')[0]?.includes(`\`${room}\``)));
}

/** Relative links and pictures that lead to no file, or to no heading in one. */
function findDeadLinks(text: string, path: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)|<(?:img|a)\s[^>]*?(?:src|href)="([^"]+)"/g)];
  const targets = links.map(([, link, attribute]) => link ?? attribute ?? '').filter((link) => !/^[a-z]+:/.test(link));
  return targets.filter((target) => {
    const [file = '', heading] = target.split('#');
    const aim = file === '' ? path : join(dirname(path), file);
    if (!existsSync(join(root, aim))) return true;
    return heading !== undefined && !anchorsOf(read(aim)).includes(heading);
  });
}

/** The anchors that GitHub gives to headings. */
function anchorsOf(text: string): string[] {
  const titles = [...text.matchAll(/^#+ (.*)$/gm)].map(([, title = '']) => title.toLowerCase());
  return titles.map((title) => title.replaceAll(/[^\p{L}\p{N} _-]/gu, '').replaceAll(' ', '-'));
}
