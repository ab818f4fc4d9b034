import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { invokedAs, withCommands } from './invocation.ts';

// A package as it lies in a clone; links to it as package managers make them.
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'auto-cnn-called-')));
const clone = join(folder, 'clone');
const project = join(folder, 'project');
const bin = join(folder, 'bin');
const installed = join(project, 'node_modules', '.bin');
const main = join(clone, 'dist', 'cli', 'main.js');
for (const path of [join(clone, 'dist', 'cli'), bin, installed]) mkdirSync(path, { recursive: true });
writeFileSync(main, '');
for (const path of [bin, installed]) symlinkSync(main, join(path, 'auto-cnn'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const inProject = join(installed, 'auto-cnn');
const exec = { npm_command: 'exec', npm_config_user_agent: 'npm/11.19.1 node/v20.20.2 linux x64' };

describe('the program is called', () => {
  it.each<[string, string, Readonly<Record<string, string>>, string, string]>([
    ['by npx', inProject, exec, project, 'npx auto-cnn'],
    ['by npx from its own cache', join(folder, '_npx/1/node_modules/.bin/auto-cnn'), exec, clone, 'npx auto-cnn'],
    ['by a script of a project', inProject, { npm_command: 'run', PATH: installed }, project, 'npx auto-cnn'],
    ['by its path in a project', inProject, {}, join(project, 'data'), 'npx auto-cnn'],
    ['by pnpm', inProject, { npm_config_user_agent: 'pnpm/9.1.0 npm/? node/v20' }, project, 'pnpm exec auto-cnn'],
    ['by yarn', inProject, { npm_config_user_agent: 'yarn/1.22.0 npm/? node/v20' }, project, 'yarn auto-cnn'],
    [
      'by its name on the PATH',
      join(bin, 'auto-cnn'),
      { PATH: ['/usr/bin', bin].join(delimiter) },
      project,
      'auto-cnn',
    ],
    ['by node in a clone', main, {}, clone, 'node dist/cli/main.js'],
    ['by a script of a clone', main, { npm_command: 'start' }, clone, 'node dist/cli/main.js'],
    ['by node, in a shell that npx has begun', main, exec, clone, 'node dist/cli/main.js'],
    ['by node from elsewhere', main, {}, project, `node ${main}`],
    ['from a project elsewhere', inProject, {}, clone, `node ${inProject}`],
    ['with another program of its name on the PATH', main, { PATH: folder }, clone, 'node dist/cli/main.js'],
  ])('%s', (_, script, env, cwd, command) => {
    expect(invokedAs({ script, env, cwd })).toBe(command);
  });

  it('from a folder whose name has spaces, in which case it is quoted', () => {
    const script = join(folder, 'my clone', 'main.js');
    expect(invokedAs({ script, env: {}, cwd: project })).toBe(`node '${script}'`);
  });
});

it('messages name commands as they were called, and leave the name of the package alone', () => {
  const message = 'go on with "auto-cnn resume runs/a"; auto-cnn wrote it (see "auto-cnn evaluate")';
  expect(withCommands(message, 'npx auto-cnn')).toBe(
    'go on with "npx auto-cnn resume runs/a"; auto-cnn wrote it (see "npx auto-cnn evaluate")',
  );
});
