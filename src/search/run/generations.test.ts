import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EventEmitter } from 'eventemitter3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SearchEmitter, SearchEvents } from '../records/events.ts';
import type { RunFolder } from '../records/run-folder.ts';
import { readGenerations, recordGenerations } from './generations.ts';
import { createRunFolder } from './run-folder.ts';

let root: string;
let folder: RunFolder;
let search: SearchEmitter;
let notices: string[];
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'auto-cnn-generations-'));
  folder = createRunFolder(join(root, 'run'), 'digits');
  search = new EventEmitter<SearchEvents>();
  notices = [];
  search.on('notice', (notice) => notices.push(notice));
  recordGenerations(search, folder);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const complete = (generation: number) => {
  const best = { genome: '8-8', fitness: 0.9 };
  search.emit('generation', { generation, generations: 3, population: [best], best });
};
const recorded = () => readGenerations(folder)?.map(({ generation }) => generation);

describe('generations.json', () => {
  it('has an entry for each generation, and is there as a whole after each', () => {
    for (const generation of [0, 1, 2]) {
      complete(generation);
      expect(recorded()).toHaveLength(generation + 1);
      expect(readdirSync(folder.path)).toEqual(['generations.json']);
    }
  });

  it('is not torn by a write that fails, of which there is one notice', () => {
    complete(0);
    const before = readFileSync(folder.generations);
    rmSync(folder.generations);
    mkdirSync(folder.generations);
    complete(1);
    complete(2);
    expect(notices).toEqual([
      `Cannot write ${folder.generations}: it is a folder, but a file was expected; check the path. The search goes on; the report will lack the generations.`,
    ]);
    expect(readdirSync(folder.path)).toEqual(['generations.json']);
    rmSync(folder.generations, { recursive: true });
    complete(3);
    expect(recorded()).toEqual([0, 1, 2, 3]);
    expect(readFileSync(folder.generations).length).toBeGreaterThan(before.length);
    expect(notices).toHaveLength(1);
  });
});
