// A whole search without files: the loop that a run folder has, over a map. It runs in Node.js and in a page.

import { createTaskEvaluator } from '../../../dist/evaluation/evaluate-part.js';
import { dataSizeOf } from '../../../dist/search/config/network-input.js';
import { Search } from '../../../dist/search/search.js';

/**
 * @param config   of a run, as in its config.json.
 * @param dataset  with its images in memory.
 * @param known    the journal and the files of a search that was interrupted.
 * @param keep     called with every entry of the journal and every file when it is written.
 * @returns what its journal has, but for times, and the bytes of its model.
 */
export async function searchInMemory({ config, dataset, runtime, known = { journal: [], files: [] }, keep }) {
  const files = new Map(known.files);
  const storage = {
    has: async (path) => files.has(path),
    read: async (path) => files.get(path),
    write: async (path, content) => {
      const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content;
      files.set(path, bytes);
      keep({ file: [path, bytes] });
    },
    list: async (folder) => [...files.keys()].filter((path) => path.startsWith(`${folder}/`)),
    remove: async (path) => {
      files.delete(path);
      keep({ removed: path });
    },
  };
  const entries = [...known.journal];
  const dataSize = dataSizeOf(config, dataset);
  const run = {
    folder: folderOf('/run'),
    config,
    dataset,
    packed: { path: '', fingerprint: dataset.fingerprint },
    problem: dataSize.problem,
    dataSize,
    journal: {
      append(entry) {
        entries.push(entry);
        keep({ entry });
      },
    },
    entries: known.journal,
    summary: undefined,
    notices: [],
    createStrategy: undefined,
    startedAt: performance.now(),
    storage,
    lost: new AbortController().signal,
    loadRuntime: async () => runtime,
    removeUnfinishedCheckpoints() {},
    checkOwner() {},
    close() {},
  };
  const evaluate = createTaskEvaluator({ runtime, storage });
  const evaluator = {
    concurrency: 1,
    evaluate: (task, options) => evaluate(dataset, task, options),
    close: async () => {},
  };
  const summary = await new Search(run, evaluator).run();
  return { journal: entries.map(withoutTimes), model: files.get(run.folder.model), runtime: summary.versions.runtime };
}

export function withoutTimes({ seconds: _, elapsedSeconds: __, check: ___, ...entry }) {
  return entry;
}

function folderOf(path) {
  const names = ['config', 'journal', 'lock', 'tensorboard', 'model', 'card', 'summary', 'generations', 'predictions'];
  return {
    path,
    ...Object.fromEntries(names.map((name) => [name, `${path}/${name}`])),
    report: `${path}/report`,
    rounds: (id = '') => `${path}/rounds/${id}`,
    roundState: (id, state) => `${path}/rounds/${id}/${state}`,
    scratch: (name) => `${path}/${name}`,
    checkpoint: (id) => `${path}/checkpoints/${id}`,
  };
}
